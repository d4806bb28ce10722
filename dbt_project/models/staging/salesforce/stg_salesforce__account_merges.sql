{{ crm_merges(source('salesforce', 'accounts')) }}
