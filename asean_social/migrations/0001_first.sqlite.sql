create table ledger (
  id text primary key,
  created_at text not null
);

create table campaign (
  slug text primary key,
  source text not null,            -- path of the file, relative to the project
  title text not null,
  timezone text not null,
  synced_at text not null,
  trouble text not null default '' -- set while the file is missing or broken; the last good plan stays in force
);

create table delivery (
  key text primary key,            -- campaign/post/channel/slot
  campaign text not null references campaign (slug),
  post text not null,
  channel text not null,
  slot text not null,
  pillar text not null,
  theme text not null,
  title text not null,
  platform text not null,
  account text not null,
  due_at text not null,            -- every time is UTC, ISO 8601, six decimals: text order is time order
  stage_at text not null,          -- when preparing may begin
  grace real not null,             -- seconds after due within which it is still released
  message text not null,           -- JSON, what is (to be) sent
  digest text not null,            -- of `message`
  plan_digest text not null,       -- of what the campaign says now; differs from `digest` when it changed too late
  staged_digest text not null default '', -- what the pieces of this generation were made from
  approval text not null,          -- '' while it lacks one
  state text not null,
  step text not null default '',   -- what comes next: stage release confirm look-up look-first
  reason text not null default '', -- message code
  why text not null default '{}',  -- JSON, values of that message
  resume_at text,                  -- not before this time
  tries integer not null default 0,   -- failures in a row of the present step
  looks integer not null default 0,   -- polls and look-ups of the present step
  generation integer not null default 1, -- grows when it is staged anew
  began_at text,
  asked_at text,                   -- when a person said to publish it although late; its grace counts from then
  owner text,
  fence integer not null default 0,
  lease_until text,
  remote_id text,
  url text,
  released_at text,
  created_at text not null,
  updated_at text not null
);
create index delivery_open on delivery (account, state, due_at)
  where state not in ('published', 'skipped', 'cancelled');
create index delivery_campaign on delivery (campaign);
create unique index delivery_remote on delivery (platform, account, remote_id) where remote_id is not null;

create table piece (
  id integer primary key autoincrement,
  delivery text not null references delivery (key),
  generation integer not null,
  name text not null,
  value text,                      -- null where it is a secret: then in `secret`
  at text not null
);
create index piece_delivery on piece (delivery, generation);

create table attempt (             -- append-only: who moved what, when, why
  id integer primary key autoincrement,
  at text not null,
  delivery text not null,
  who text not null,
  fence integer not null,
  old text not null,
  new text not null,
  step text not null,
  reason text not null,
  why text not null
);
create index attempt_delivery on attempt (delivery);
create trigger attempt_no_update before update on attempt begin select raise(abort, 'append-only'); end;
create trigger attempt_no_delete before delete on attempt begin select raise(abort, 'append-only'); end;

create table follow_up (
  id integer primary key autoincrement,
  delivery text not null references delivery (key),
  kind text not null,              -- discard first-comment playlist-entry broadcast
  payload text not null,           -- JSON
  state text not null default 'planned', -- planned doing waiting done unknown held skipped
  step text not null default 'do', -- what comes next: do look
  reason text not null default '',
  why text not null default '{}',
  resume_at text not null,
  tries integer not null default 0,
  looks integer not null default 0,
  remote_id text not null default '',
  done_at text,
  owner text,
  fence integer not null default 0,
  lease_until text
);
create index follow_up_open on follow_up (resume_at) where state not in ('done', 'held', 'unknown', 'skipped');
create unique index follow_up_once on follow_up (delivery, kind) where kind<>'discard';

create table usage (               -- what a platform's quotas were used for
  owner text not null,             -- whose quota: platform/name, or the platform's project
  quota text not null,
  period text not null,            -- first day of it, in the quota's own time zone
  used integer not null,
  primary key (owner, quota, period)
);

create table hold (
  id integer primary key autoincrement,
  scope text not null,             -- account
  value text not null,             -- platform/name
  reason text not null,
  why text not null,
  since text not null,
  until text,                      -- when it ends by itself (a platform that throttles); null: a person must act
  lifted_at text
);
create unique index hold_open on hold (scope, value) where lifted_at is null;

create table token (
  account text primary key,        -- platform/name
  chain text not null,             -- fingerprint of the pair the chain began with, as configured
  access text not null,
  refresh text not null,
  stored_at text not null,
  expires_at text,                 -- null: not known, used until it is refused
  refresh_owner text,
  refresh_until text,
  lost integer not null default 0  -- answers lost while refreshing with this refresh token
);

create table secret (
  piece integer primary key references piece (id),
  value text not null
);

create table rate (                -- measured uploads
  account text primary key,        -- platform/name
  bytes_per_second real not null
);
