{{ crm_merges(source('hubspot', 'companies')) }}
