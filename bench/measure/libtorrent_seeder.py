"""Seeds torrents whose content is there. Usage: libtorrent_seeder.py OPTIONS.json

Says "ready" when everything has been checked, and answers each line with the bytes given so far.
"""

import json
import sys
import time

import libtorrent_common

with open(sys.argv[1], encoding="utf-8") as file:
    options = json.load(file)
session = libtorrent_common.session(options["port"])
handles = [
    libtorrent_common.add(session, each["torrent"], each["folder"])
    for each in options["torrents"]]
for handle in handles:
    while not handle.status().is_seeding:
        time.sleep(0.02)
print("ready", flush=True)
for line in sys.stdin:
    print(sum(handle.status().total_payload_upload for handle in handles), flush=True)
