{{ crm_merges(source('dataverse', 'accounts')) }}
