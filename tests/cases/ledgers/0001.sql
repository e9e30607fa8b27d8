BEGIN TRANSACTION;
CREATE TABLE attempt (             -- append-only: who moved what, when, why
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
INSERT INTO "attempt" VALUES(1,'2026-11-26T05:00:49.445935+00:00','thu/xong/trang/1','pc-ngoai-vu:4711:0a1b2c3d',0,'','planned','','planned.new','{}');
INSERT INTO "attempt" VALUES(2,'2026-11-26T05:00:49.445935+00:00','thu/tre/trang/1','pc-ngoai-vu:4711:0a1b2c3d',0,'','planned','','planned.new','{}');
INSERT INTO "attempt" VALUES(3,'2026-11-26T05:00:49.445935+00:00','thu/mai/trang/1','pc-ngoai-vu:4711:0a1b2c3d',0,'','planned','','planned.new','{}');
INSERT INTO "attempt" VALUES(4,'2026-11-26T05:00:49.445935+00:00','thu/sap/trang/1','pc-ngoai-vu:4711:0a1b2c3d',0,'','planned','','planned.new','{}');
INSERT INTO "attempt" VALUES(5,'2026-11-26T05:00:49.445935+00:00','thu/phim/kenh/1','pc-ngoai-vu:4711:0a1b2c3d',0,'','planned','','planned.new','{}');
INSERT INTO "attempt" VALUES(6,'2026-11-26T05:00:49.445935+00:00','thu/zl/oa/1','pc-ngoai-vu:4711:0a1b2c3d',0,'','planned','','planned.new','{}');
INSERT INTO "attempt" VALUES(7,'2026-11-26T05:00:49.445935+00:00','thu/tre/trang/1','pc-ngoai-vu:4711:0a1b2c3d',0,'planned','held','','held.past','{"due_at": "2026-11-23T05:00:48.000000+00:00"}');
INSERT INTO "attempt" VALUES(8,'2026-11-26T05:00:49.651118+00:00','thu/sap/trang/1','pc-ngoai-vu:4711:0a1b2c3d',1,'planned','staging','stage','','{}');
INSERT INTO "attempt" VALUES(9,'2026-11-26T05:00:49.695541+00:00','thu/sap/trang/1','pc-ngoai-vu:4711:0a1b2c3d',1,'staging','staged','release','','{}');
INSERT INTO "attempt" VALUES(10,'2026-11-26T05:00:49.714780+00:00','thu/xong/trang/1','pc-ngoai-vu:4711:0a1b2c3d',3,'planned','staging','stage','','{}');
INSERT INTO "attempt" VALUES(11,'2026-11-26T05:00:49.761165+00:00','thu/xong/trang/1','pc-ngoai-vu:4711:0a1b2c3d',3,'staging','staged','release','','{}');
INSERT INTO "attempt" VALUES(12,'2026-11-26T05:00:49.835848+00:00','thu/phim/kenh/1','pc-ngoai-vu:4711:0a1b2c3d',3,'planned','staging','stage','','{}');
INSERT INTO "attempt" VALUES(13,'2026-11-26T05:00:49.909993+00:00','thu/phim/kenh/1','pc-ngoai-vu:4711:0a1b2c3d',3,'staging','waiting','stage','youtube.processing','{}');
INSERT INTO "attempt" VALUES(14,'2026-11-26T05:00:49.927013+00:00','thu/xong/trang/1','pc-ngoai-vu:4711:0a1b2c3d',4,'staged','releasing','release','','{}');
INSERT INTO "attempt" VALUES(15,'2026-11-26T05:00:49.943308+00:00','thu/xong/trang/1','pc-ngoai-vu:4711:0a1b2c3d',4,'releasing','published','','','{}');
INSERT INTO "attempt" VALUES(16,'2026-11-26T05:00:49.955975+00:00','thu/zl/oa/1','pc-ngoai-vu:4711:0a1b2c3d',3,'planned','staging','stage','','{}');
INSERT INTO "attempt" VALUES(17,'2026-11-26T05:00:50.002150+00:00','thu/zl/oa/1','pc-ngoai-vu:4711:0a1b2c3d',3,'staging','waiting','stage','zalo.being-processed','{}');
INSERT INTO "attempt" VALUES(18,'2026-11-26T05:00:50.039525+00:00','thu/phim/kenh/1','pc-ngoai-vu:4711:0a1b2c3d',4,'waiting','staging','stage','','{}');
INSERT INTO "attempt" VALUES(19,'2026-11-26T05:00:50.059105+00:00','thu/phim/kenh/1','pc-ngoai-vu:4711:0a1b2c3d',4,'staging','staged','release','','{}');
INSERT INTO "attempt" VALUES(20,'2026-11-26T05:00:50.075485+00:00','thu/phim/kenh/1','pc-ngoai-vu:4711:0a1b2c3d',5,'staged','releasing','release','','{}');
INSERT INTO "attempt" VALUES(21,'2026-11-26T05:00:50.115086+00:00','thu/phim/kenh/1','pc-ngoai-vu:4711:0a1b2c3d',5,'releasing','published','','','{}');
INSERT INTO "attempt" VALUES(22,'2026-11-26T05:00:50.129967+00:00','thu/zl/oa/1','pc-ngoai-vu:4711:0a1b2c3d',4,'waiting','staging','stage','','{}');
INSERT INTO "attempt" VALUES(23,'2026-11-26T05:00:50.143358+00:00','thu/zl/oa/1','pc-ngoai-vu:4711:0a1b2c3d',4,'staging','staged','release','','{}');
INSERT INTO "attempt" VALUES(24,'2026-11-26T05:00:50.155073+00:00','thu/zl/oa/1','pc-ngoai-vu:4711:0a1b2c3d',5,'staged','releasing','release','','{}');
INSERT INTO "attempt" VALUES(25,'2026-11-26T05:00:50.170015+00:00','thu/zl/oa/1','pc-ngoai-vu:4711:0a1b2c3d',5,'releasing','confirming','finish','zalo.being-processed','{}');
INSERT INTO "attempt" VALUES(26,'2026-11-26T05:00:50.294814+00:00','thu/zl/oa/1','pc-ngoai-vu:4711:0a1b2c3d',6,'confirming','published','','','{}');
INSERT INTO "attempt" VALUES(27,'2026-11-26T05:00:50.902829+00:00','thu/bo/trang/1','pc-ngoai-vu:4711:0a1b2c3d',0,'','planned','','planned.new','{}');
INSERT INTO "attempt" VALUES(28,'2026-11-26T05:00:51.463990+00:00','thu/bo2/trang/1','pc-ngoai-vu:4711:0a1b2c3d',0,'','planned','','planned.new','{}');
INSERT INTO "attempt" VALUES(29,'2026-11-26T05:00:51.463990+00:00','thu/bo/trang/1','pc-ngoai-vu:4711:0a1b2c3d',0,'planned','cancelled','','cancelled.left-campaign','{}');
INSERT INTO "attempt" VALUES(30,'2026-11-26T08:09:51.763572+00:00','thu/tre/trang/1','lan',0,'held','skipped','','skipped.by-person','{"by_reason": "đã cũ"}');
CREATE TABLE campaign (
  slug text primary key,
  source text not null,            -- path of the file, relative to the project
  title text not null,
  timezone text not null,
  synced_at text not null,
  trouble text not null default '' -- set while the file is missing or broken; the last good plan stays in force
);
INSERT INTO "campaign" VALUES('thu','campaigns/thu.yaml','Thử','Asia/Ho_Chi_Minh','2026-11-26T05:00:51.463990+00:00','');
CREATE TABLE delivery (
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
INSERT INTO "delivery" VALUES('thu/xong/trang/1','thu','xong','trang','1','aec','trade-agreements','Xin chào xong','facebook','hue-asean','2026-11-26T05:00:43.000000+00:00','2026-11-26T03:00:43.000000+00:00',7200.0,'{"account": "hue-asean", "after": [{"kind": "first-comment", "options": {"text": "Xem thêm"}}], "key": "thu/xong/trang/1", "kind": "text", "link": "", "media": [], "options": {}, "platform": "facebook", "text": "Xin chào xong"}','0c4c669daa90cf7ba1bbf0a3a36b98b85026301fcb82d30ceea6b9baba99359b','0c4c669daa90cf7ba1bbf0a3a36b98b85026301fcb82d30ceea6b9baba99359b','0c4c669daa90cf7ba1bbf0a3a36b98b85026301fcb82d30ceea6b9baba99359b','not-needed','published','','','{}',NULL,0,0,1,'2026-11-26T05:00:49.466020+00:00',NULL,NULL,4,NULL,'61550000000001_122100000000000015','https://www.facebook.com/61550000000001/posts/122100000000000015','2026-11-26T05:00:49.938255+00:00','2026-11-26T05:00:49.445935+00:00','2026-11-26T05:00:49.943308+00:00');
INSERT INTO "delivery" VALUES('thu/tre/trang/1','thu','tre','trang','1','aec','trade-agreements','Xin chào tre','facebook','hue-asean','2026-11-23T05:00:48.000000+00:00','2026-11-23T03:00:48.000000+00:00',7200.0,'{"account": "hue-asean", "after": [], "key": "thu/tre/trang/1", "kind": "text", "link": "", "media": [], "options": {}, "platform": "facebook", "text": "Xin chào tre"}','b2a46cb2bcec3dd2e380699174a91ac983e54b819336876fcae81ac194de1599','b2a46cb2bcec3dd2e380699174a91ac983e54b819336876fcae81ac194de1599','','not-needed','skipped','','skipped.by-person','{"by_reason": "đã cũ"}',NULL,0,0,1,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'2026-11-26T05:00:49.445935+00:00','2026-11-26T08:09:51.763572+00:00');
INSERT INTO "delivery" VALUES('thu/mai/trang/1','thu','mai','trang','1','aec','trade-agreements','Xin chào mai','facebook','hue-asean','2026-11-28T05:00:48.000000+00:00','2026-11-28T03:00:48.000000+00:00',7200.0,'{"account": "hue-asean", "after": [], "key": "thu/mai/trang/1", "kind": "text", "link": "", "media": [], "options": {}, "platform": "facebook", "text": "Xin chào mai"}','9d168e82c813aea896b3cba460e949a928a952c07b280c4e74688a566faf89fa','9d168e82c813aea896b3cba460e949a928a952c07b280c4e74688a566faf89fa','','not-needed','planned','','','{}',NULL,0,0,1,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'2026-11-26T05:00:49.445935+00:00','2026-11-26T05:00:49.445935+00:00');
INSERT INTO "delivery" VALUES('thu/sap/trang/1','thu','sap','trang','1','aec','trade-agreements','Xin chào sap','facebook','hue-asean','2026-11-26T05:30:48.000000+00:00','2026-11-26T03:30:48.000000+00:00',7200.0,'{"account": "hue-asean", "after": [], "key": "thu/sap/trang/1", "kind": "text", "link": "", "media": [], "options": {}, "platform": "facebook", "text": "Xin chào sap"}','6b56ba5b8c52e2c478df8ca25eb2024d42cf01638ad87b84ae9a827708fc2371','6b56ba5b8c52e2c478df8ca25eb2024d42cf01638ad87b84ae9a827708fc2371','6b56ba5b8c52e2c478df8ca25eb2024d42cf01638ad87b84ae9a827708fc2371','not-needed','staged','release','','{}',NULL,0,0,1,'2026-11-26T05:00:49.648167+00:00',NULL,NULL,1,NULL,NULL,NULL,NULL,'2026-11-26T05:00:49.445935+00:00','2026-11-26T05:00:49.695541+00:00');
INSERT INTO "delivery" VALUES('thu/phim/kenh/1','thu','phim','kenh','1','aec','trade-agreements','Phim','youtube','hue-asean','2026-11-26T05:00:43.000000+00:00','2026-11-26T03:00:43.000000+00:00',7200.0,'{"account": "hue-asean", "after": [], "key": "thu/phim/kenh/1", "kind": "video", "link": "", "media": [{"alt": "", "animated": false, "codec": "AVC", "duration": 5.0, "fps": 25.0, "height": 360, "kind": "video", "mime": "video/mp4", "original": "", "path": "campaigns/media/phim.mp4", "recipe": "", "sha256": "13a6f7a3da240d67e64add9980d5ea876bab49cabc68336f3fcc586acc947662", "size": 1550, "sound": true, "turn": 0, "width": 640}], "options": {"audio_language": null, "category": "25", "contains_synthetic_media": false, "description": "Xin chào phim", "embeddable": true, "language": "vi", "license": "youtube", "localizations": {}, "made_for_kids": false, "notify_subscribers": true, "privacy": "public", "public_stats": true, "recording_date": null, "tags": [], "title": "Phim"}, "platform": "youtube", "text": ""}','c3d94c063d7fed5646a94d16fcb1773fbb2f80c886523d479b2bc5125f98cceb','c3d94c063d7fed5646a94d16fcb1773fbb2f80c886523d479b2bc5125f98cceb','c3d94c063d7fed5646a94d16fcb1773fbb2f80c886523d479b2bc5125f98cceb','not-needed','published','','','{}',NULL,0,0,1,'2026-11-26T05:00:49.467459+00:00',NULL,NULL,5,NULL,'SyJ3d9TdH8Y','https://www.youtube.com/watch?v=SyJ3d9TdH8Y','2026-11-26T05:00:50.093714+00:00','2026-11-26T05:00:49.445935+00:00','2026-11-26T05:00:50.115086+00:00');
INSERT INTO "delivery" VALUES('thu/zl/oa/1','thu','zl','oa','1','aec','trade-agreements','Bài','zalo','hue-asean','2026-11-26T05:00:43.000000+00:00','2026-11-26T03:00:43.000000+00:00',7200.0,'{"account": "hue-asean", "after": [{"kind": "broadcast", "options": {"gender": "0", "late": "wait"}}], "key": "thu/zl/oa/1", "kind": "normal", "link": "", "media": [{"alt": "", "animated": false, "codec": "", "duration": 0.0, "fps": 0.0, "height": 600, "kind": "image", "mime": "image/jpeg", "original": "", "path": "campaigns/media/bia.jpg", "recipe": "", "sha256": "46bc44872d9d5a12761058449cc972f6e4e75073d11cee291ec7f2e93e33cd5a", "size": 8229, "sound": false, "turn": 0, "width": 800}], "options": {"author": "Cổng", "body": [{"content": "Đoạn", "type": "text"}], "comment": "show", "cover": 0, "cover_status": "show", "summary": "Tóm tắt", "title": "Bài"}, "platform": "zalo", "text": ""}','0ec41c6dce3f45afc2798bff526b93f35d27473ee8ea71a8788c62ad0db69eef','0ec41c6dce3f45afc2798bff526b93f35d27473ee8ea71a8788c62ad0db69eef','0ec41c6dce3f45afc2798bff526b93f35d27473ee8ea71a8788c62ad0db69eef','not-needed','published','','','{}',NULL,0,0,1,'2026-11-26T05:00:49.469164+00:00',NULL,NULL,6,NULL,'df2d1e707a7b3c8a152f','https://rd.zapps.vn/detail/1000000000000000001?id=df2d1e707a7b3c8a152f','2026-11-26T05:00:50.169996+00:00','2026-11-26T05:00:49.445935+00:00','2026-11-26T05:00:50.294814+00:00');
INSERT INTO "delivery" VALUES('thu/bo/trang/1','thu','bo','trang','1','aec','trade-agreements','Xin chào bo','facebook','hue-asean','2026-11-28T05:00:48.000000+00:00','2026-11-28T03:00:48.000000+00:00',7200.0,'{"account": "hue-asean", "after": [], "key": "thu/bo/trang/1", "kind": "text", "link": "", "media": [], "options": {}, "platform": "facebook", "text": "Xin chào bo"}','8833a8b69de19b37388648cb0842d0c63a5c853a1d58057e74b2445812297597','8833a8b69de19b37388648cb0842d0c63a5c853a1d58057e74b2445812297597','','not-needed','cancelled','','cancelled.left-campaign','{}',NULL,0,0,2,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'2026-11-26T05:00:50.902829+00:00','2026-11-26T05:00:51.463990+00:00');
INSERT INTO "delivery" VALUES('thu/bo2/trang/1','thu','bo2','trang','1','aec','trade-agreements','Xin chào bo','facebook','hue-asean','2026-11-28T05:00:48.000000+00:00','2026-11-28T03:00:48.000000+00:00',7200.0,'{"account": "hue-asean", "after": [], "key": "thu/bo2/trang/1", "kind": "text", "link": "", "media": [], "options": {}, "platform": "facebook", "text": "Xin chào bo"}','8833a8b69de19b37388648cb0842d0c63a5c853a1d58057e74b2445812297597','8833a8b69de19b37388648cb0842d0c63a5c853a1d58057e74b2445812297597','','not-needed','planned','','','{}',NULL,0,0,1,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'2026-11-26T05:00:51.463990+00:00','2026-11-26T05:00:51.463990+00:00');
CREATE TABLE follow_up (
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
INSERT INTO "follow_up" VALUES(1,'thu/xong/trang/1','first-comment','{"text": "Xem thêm"}','done','look','','{}','2026-11-26T05:00:50.023849+00:00',1,0,'122100000000000015_1000000000005','2026-11-26T05:00:50.023869+00:00',NULL,1,NULL);
INSERT INTO "follow_up" VALUES(2,'thu/zl/oa/1','broadcast','{"gender": "0", "late": "wait"}','done','look','','{}','2026-11-26T05:00:50.311032+00:00',1,0,'580268b8bff409ae418b','2026-11-26T05:00:50.311051+00:00',NULL,1,NULL);
CREATE TABLE hold (
  id integer primary key autoincrement,
  scope text not null,             -- account
  value text not null,             -- platform/name
  reason text not null,
  why text not null,
  since text not null,
  until text,                      -- when it ends by itself (a platform that throttles); null: a person must act
  lifted_at text
);
INSERT INTO "hold" VALUES(1,'account','facebook/hue-asean','publish.token-dead','{}','2026-11-26T05:01:00.000000+00:00',NULL,NULL);
CREATE TABLE ledger (
  id text primary key,
  created_at text not null
);
INSERT INTO "ledger" VALUES('316a1387e26e4b1e8e0f849da05c408f','2026-11-26T05:00:49.430111+00:00');
CREATE TABLE piece (
  id integer primary key autoincrement,
  delivery text not null references delivery (key),
  generation integer not null,
  name text not null,
  value text,                      -- null where it is a secret: then in `secret`
  at text not null
);
INSERT INTO "piece" VALUES(1,'thu/sap/trang/1',1,'post','61550000000001_122100000000000008','2026-11-26T05:00:49.668966+00:00');
INSERT INTO "piece" VALUES(2,'thu/xong/trang/1',1,'post','61550000000001_122100000000000015','2026-11-26T05:00:49.738099+00:00');
INSERT INTO "piece" VALUES(3,'thu/phim/kenh/1',1,'session',NULL,'2026-11-26T05:00:49.857466+00:00');
INSERT INTO "piece" VALUES(4,'thu/phim/kenh/1',1,'video','SyJ3d9TdH8Y','2026-11-26T05:00:49.899581+00:00');
INSERT INTO "piece" VALUES(5,'thu/zl/oa/1',1,'media:0','http://127.0.0.1:39969/media/asean-social-46bc44872d9d5a12761058449cc972f6.jpeg','2026-11-26T05:00:49.987447+00:00');
INSERT INTO "piece" VALUES(6,'thu/zl/oa/1',1,'create-token','vkDUWcMayBzeakR3E+WDtqMyGR7gN0okPQ==','2026-11-26T05:00:49.994885+00:00');
INSERT INTO "piece" VALUES(7,'thu/zl/oa/1',1,'article','df2d1e707a7b3c8a152f','2026-11-26T05:00:50.138009+00:00');
INSERT INTO "piece" VALUES(8,'thu/zl/oa/1',1,'update-token','d3ep5U+ar70heOFREV1Faw6C/6lGsZHXPQ==','2026-11-26T05:00:50.164738+00:00');
CREATE TABLE rate (                -- measured uploads
  account text primary key,        -- platform/name
  bytes_per_second real not null
);
CREATE TABLE schema_version (version integer primary key, name text, checksum text, applied_at text, app text);
INSERT INTO "schema_version" VALUES(1,'0001_first.sqlite.sql','6db1fd90feaeeacff97ec6a5218ebfe0e15de6a0e35c746a53f4787c2a2eb9a1','2026-11-26T05:00:49.430111+00:00','0.1.0');
CREATE TABLE secret (
  piece integer primary key references piece (id),
  value text not null
);
INSERT INTO "secret" VALUES(3,'http://127.0.0.1:39969/youtube/upload/youtube/v3/videos?part=snippet%2Cstatus&notifySubscribers=true&alt=json&uploadType=resumable&upload_id=phien');
CREATE TABLE token (
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
INSERT INTO "token" VALUES('youtube/hue-asean','f772f631795ebc548415c7c799d9ec181bc39ad9d5ab74d5b27037838888b61f','khoa-0','khoa-1','2026-11-26T05:00:49.778673+00:00','2026-11-26T06:00:48.778673+00:00',NULL,NULL,0);
INSERT INTO "token" VALUES('zalo/hue-asean','34f032f1d84d3f893a7968d4051c2d5e4306f7c65461358bfffd8a87c8d01b9e','khoa-0','khoa-1','2026-11-26T05:00:49.463247+00:00',NULL,NULL,NULL,0);
CREATE TABLE usage (               -- what a platform's quotas were used for
  owner text not null,             -- whose quota: platform/name, or the platform's project
  quota text not null,
  period text not null,            -- first day of it, in the quota's own time zone
  used integer not null,
  primary key (owner, quota, period)
);
INSERT INTO "usage" VALUES('google/100000000001','units','2026-11-25',58);
INSERT INTO "usage" VALUES('google/100000000001','uploads','2026-11-25',1);
CREATE INDEX delivery_open on delivery (account, state, due_at)
  where state not in ('published', 'skipped', 'cancelled');
CREATE INDEX delivery_campaign on delivery (campaign);
CREATE UNIQUE INDEX delivery_remote on delivery (platform, account, remote_id) where remote_id is not null;
CREATE INDEX piece_delivery on piece (delivery, generation);
CREATE INDEX attempt_delivery on attempt (delivery);
CREATE TRIGGER attempt_no_update before update on attempt begin select raise(abort, 'append-only'); end;
CREATE TRIGGER attempt_no_delete before delete on attempt begin select raise(abort, 'append-only'); end;
CREATE INDEX follow_up_open on follow_up (resume_at) where state not in ('done', 'held', 'unknown', 'skipped');
CREATE UNIQUE INDEX follow_up_once on follow_up (delivery, kind) where kind<>'discard';
CREATE UNIQUE INDEX hold_open on hold (scope, value) where lifted_at is null;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('attempt',30);
INSERT INTO "sqlite_sequence" VALUES('piece',8);
INSERT INTO "sqlite_sequence" VALUES('follow_up',2);
INSERT INTO "sqlite_sequence" VALUES('hold',1);
COMMIT;
PRAGMA user_version=1;
