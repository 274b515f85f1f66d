-- Remove the documents of a context, of one registration where one is given.
delete from lrs.document
where context_key = %(context_key)s and (%(registration)s::uuid is null or registration = %(registration)s);
