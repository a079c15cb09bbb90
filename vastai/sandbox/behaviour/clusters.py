"""Clusters: machines of a host that share a local network, and the disks that all of them mount."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from vastai.sandbox import hosting, offers
from vastai.sandbox.behaviour.hosts import mine, several
from vastai.sandbox.behaviour.registry import Call, behaviour, invalid, own

Row = dict[str, Any]

DISK_SPACE = 2048.0
"""GB of a network disk; the service measures it, the sandbox says so."""
_FIRST_HOST = 2  # the first address of a subnet is the router's


def _cluster(call: Call, id: Any) -> Row:
    return own(call, "cluster", id, "no_such_cluster", "cluster")


@behaviour("GET /api/v0/clusters/")
def listed(call: Call) -> Row:
    """The caller's clusters by id as text, each with its machines."""
    clusters = call.world.all("cluster", call.account)
    return {"clusters": {str(each["id"]): {"subnet": each["subnet"], "nodes": each["nodes"]} for each in clusters}}


@behaviour("POST /api/v0/cluster/")
def created(call: Call) -> Row:
    """Make a cluster of one machine, its manager."""
    manager = mine(call, call.body.get("manager_id"))
    try:
        subnet = IPv4Network(str(call.body.get("subnet")))
    except ValueError:
        raise invalid("subnet must be a network such as 10.0.0.0/24, without bits beyond its prefix") from None
    if not subnet.is_private or subnet.num_addresses < 8:
        raise invalid("subnet must be a private network of at least 8 addresses")
    cluster: Row = {"subnet": str(subnet), "nodes": []}
    call.world.add("cluster", call.account, cluster)
    _join(call, cluster, manager)
    return {"success": True, "cluster_id": cluster["id"], "msg": f"Cluster {cluster['id']} is made."}


@behaviour("PUT /api/v0/cluster/")
def joined(call: Call) -> Row:
    """Add machines to a cluster: all of them, or none. Those that are in it stay there."""
    cluster = _cluster(call, call.body.get("cluster_id"))
    for machine in several(call, call.body.get("machine_ids")):
        if all(node["machine_id"] != machine["id"] for node in cluster["nodes"]):
            _join(call, cluster, machine)
    return {"success": True, "msg": f"Cluster {cluster['id']} has {len(cluster['nodes'])} machines."}


def _join(call: Call, cluster: Row, machine: Row) -> None:
    """Put a machine into a cluster, at the next free address.

    Raises:
        Refusal: it is in another cluster, or the network is full.
    """
    if machine["hardware"]["shared"]["cluster_id"] is not None:
        other = machine["hardware"]["shared"]["cluster_id"]
        raise invalid(f"Machine {machine['id']} is in cluster {other}; it can be in one only.")
    subnet = IPv4Network(cluster["subnet"])
    used = {node["local_ip"] for node in cluster["nodes"]}
    free = (str(subnet[place]) for place in range(_FIRST_HOST, subnet.num_addresses - 1))
    address = next((each for each in free if each not in used), None)
    if address is None:
        raise invalid(f"The network {cluster['subnet']} has no free address.")
    node = {"machine_id": machine["id"], "is_cluster_manager": not cluster["nodes"], "local_ip": address}
    cluster["nodes"].append(node)
    call.world.save("cluster", cluster)
    _mark(call, machine, cluster["id"])


def _mark(call: Call, machine: Row, cluster: int | None) -> None:
    """Let a machine and its offers say in which cluster it is."""
    machine["hardware"]["shared"]["cluster_id"] = cluster
    call.world.save("machine", machine)
    hosting.refresh(call.world, machine)


@behaviour("DELETE /api/v0/cluster/remove_machine/")
def left(call: Call) -> Row:
    """Take a machine out of a cluster; its manager can only go with the whole cluster."""
    cluster = _cluster(call, call.given("cluster_id"))
    machine = mine(call, call.given("machine_id"))
    node = next((each for each in cluster["nodes"] if each["machine_id"] == machine["id"]), None)
    if node is None:
        raise invalid(f"Machine {machine['id']} is not in cluster {cluster['id']}.")
    if node["is_cluster_manager"]:
        raise invalid(f"Machine {machine['id']} manages cluster {cluster['id']}; delete the cluster instead.")
    if any(machine["id"] in disk["machines"] for disk in _disks(call, cluster)):
        raise invalid(f"Machine {machine['id']} mounts a network disk of cluster {cluster['id']}.")
    cluster["nodes"].remove(node)
    call.world.save("cluster", cluster)
    _mark(call, machine, None)
    return {"success": True, "msg": f"Machine {machine['id']} has left cluster {cluster['id']}."}


@behaviour("DELETE /api/v0/cluster/")
def deleted(call: Call) -> Row:
    """Delete a cluster, and forget its network disks; refused while overlays or volumes need it."""
    cluster = _cluster(call, call.given("cluster_id"))
    if any(each["cluster_id"] == cluster["id"] for each in call.world.all("overlay")):
        raise invalid(f"Cluster {cluster['id']} has overlays; delete them first.")
    disks = _disks(call, cluster)
    asks = {disk["offer_id"] for disk in disks}
    if any(each["offer_id"] in asks for each in call.world.all("volume")):
        raise invalid(f"Volumes are rented from the network disk of cluster {cluster['id']}.")
    for disk in disks:
        listing = call.world.get("hosted_network_volume_offer", disk["offer_id"]) if disk["offer_id"] else None
        if listing is not None:
            offers.withdraw(call.world, "network_volume_offer", listing)
        call.world.remove("network_disk", disk["id"])
    for node in cluster["nodes"]:
        machine = call.world.get("machine", node["machine_id"])
        if machine is not None:
            _mark(call, machine, None)
    call.world.remove("cluster", cluster["id"])
    return {"success": True, "msg": f"Cluster {cluster['id']} is deleted."}


# ---------------------------------------------------------------- network disks


def _disks(call: Call, cluster: Row) -> list[Row]:
    return call.world.all("network_disk", lookup=str(cluster["id"]))


@behaviour("GET /api/v0/network_disk/")
def disks(call: Call) -> Row:
    """The caller's network disks, by cluster, with where each machine mounts them."""
    data = []
    for cluster in call.world.all("cluster", call.account):
        found = _disks(call, cluster)
        if found:
            spaces = [_space(call, disk) for disk in found]
            mounts = {machine: path for disk in found for machine, path in disk["mounts"].items()}
            machines = [node["machine_id"] for node in cluster["nodes"]]
            row = {"cluster_id": cluster["id"], "network_disks": spaces, "machine_ids": machines, "mounts": mounts}
            data.append(row)
    return {"success": True, "data": data}


def _space(call: Call, disk: Row) -> Row:
    used = sum(each["size"] for each in call.world.all("volume") if each["offer_id"] == disk["offer_id"])
    return {"network_disk_id": disk["id"], "free_space": disk["total_space"] - used, "total_space": disk["total_space"]}


@behaviour("POST /api/v0/network_disk/")
def disk_added(call: Call) -> Row:
    """Say that machines of one cluster mount a network disk: a new one, or one that is there."""
    machines = several(call, call.body.get("machines"))
    clusters = {machine["hardware"]["shared"]["cluster_id"] for machine in machines}
    path = call.body.get("mount_point")
    if not isinstance(path, str) or not path.startswith("/"):
        raise invalid("mount_point must be a path that begins with /")
    if len(clusters) != 1 or None in clusters:
        raise invalid("the machines must be in one cluster; see join cluster")
    (cluster,) = clusters
    if call.body.get("disk_id") is None:
        disk: Row = {"cluster_id": cluster, "machines": [], "mounts": {}, "offer_id": None, "total_space": DISK_SPACE}
        call.world.add("network_disk", call.account, disk, lookup=str(cluster))
    else:
        disk = own(call, "network_disk", call.body["disk_id"], "no_such_network_disk", "network disk")
    if disk["cluster_id"] != cluster:
        raise invalid(f"Network disk {disk['id']} belongs to cluster {disk['cluster_id']}.")
    disk["machines"] = sorted({*disk["machines"], *(machine["id"] for machine in machines)})
    disk["mounts"] |= {str(machine["id"]): path for machine in machines}
    call.world.save("network_disk", disk)
    return {"success": True, "disk_id": disk["id"], "msg": f"Network disk {disk['id']} is mounted at {path}."}
