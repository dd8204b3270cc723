"""Downloads a torrent and ends. Usage: libtorrent_leecher.py TORRENT FOLDER PORT HOST:PORT..."""

import sys
import time

import libtorrent_common

session = libtorrent_common.session(int(sys.argv[3]))
handle = libtorrent_common.add(session, sys.argv[1], sys.argv[2])
for peer in sys.argv[4:]:
    host, _, port = peer.rpartition(":")
    handle.connect_peer((host, int(port)))
while not handle.status().is_seeding:
    time.sleep(0.02)
