-- A mart whose table is new has not been refreshed: the next refresh builds it in full.
delete from mart.refreshed where mart = %(mart)s;
