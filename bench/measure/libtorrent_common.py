"""A libtorrent session that speaks TCP to whom it is told, and to nobody else."""

import libtorrent as lt


def session(port):
    """Opens it; limits of the library that are meant for the Internet are lifted."""
    return lt.session({
        "listen_interfaces": f"0.0.0.0:{port}",
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "enable_incoming_utp": False,
        "enable_outgoing_utp": False,
        "out_enc_policy": 2,
        "allow_multiple_connections_per_ip": True,
        "peer_turnover_interval": 3600,
        "unchoke_slots_limit": 100,
        "connections_limit": 2000,
        "active_seeds": 5000,
        "active_limit": 5000,
        "alert_queue_size": 10,
        "alert_mask": 0,
    })


def add(opened, torrent, folder):
    """Adds a torrent; what lies in the folder is checked."""
    parameters = lt.add_torrent_params()
    parameters.ti = lt.torrent_info(torrent)
    parameters.save_path = folder
    flags = lt.torrent_flags.default_flags
    flags &= ~lt.torrent_flags.auto_managed
    flags &= ~lt.torrent_flags.paused
    flags |= lt.torrent_flags.disable_dht | lt.torrent_flags.disable_lsd
    flags |= lt.torrent_flags.disable_pex
    parameters.flags = flags
    return opened.add_torrent(parameters)
