alter table delivery add column retimed_from text; -- what the campaign said when a person gave it another time; null: due_at is the campaign's
alter table hold add column who text not null default ''; -- the person who set it; '': the program, which also lifts it
drop index hold_open;
create unique index hold_pause on hold (scope, value) where lifted_at is null and who='';
create unique index hold_person on hold (scope, value) where lifted_at is null and who<>'';
alter table follow_up add column set_at text; -- when resume_at was written
