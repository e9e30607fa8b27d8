alter table delivery add column clock text not null default 'own'; -- who shows it at its time: own, or platform
