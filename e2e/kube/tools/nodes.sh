#!/usr/bin/env bash
# nodes.sh - real Kubernetes nodes for tests: on each its own containerd, kubelet and kube-proxy run real
# containers. A node is a set of namespaces (network, processes, mounts, host name) and a cgroup; all nodes are
# on one LAN, with the control plane of cluster.sh as one more machine on it. Linux, root. Nothing leaves the machine.
#
# Verbs:
#   up N                      start a control plane and node-1 .. node-N, and wait until they are ready
#   down                      remove everything; also after a crash
#   status                    nodes, their memory, their pods (exit 1: not up)
#   env                       variables for a shell, as export lines; NODES_NET is the control plane's network
#   run cp|lan|NODE CMD...    run CMD beside the API server with kubectl at hand, on the LAN, or on a node
#   cluster VERB...           a verb of cluster.sh
#   load-image TAR [NODE...]  import images into all nodes or these. Nothing is ever pulled.
#   make-image TAR NAME DIR CMD...   an image FROM scratch: DIR and an entry point (IMAGE_USER=UID:GID)
#   partition NODE on|off|api nobody reaches the node, everybody does, only the API server does not
#   freeze NODE on|off        nothing on the node runs; its kernel still answers pings and accepts connections
#   kill NODE                 power off, at once; its disk stays, its network is gone until restart
#   restart NODE [PROGRAM]    kill it if need be and boot it; or restart its kubelet, containerd or kube-proxy
#   renew                     after change-prefix of netlab.sh: the nodes get addresses from the new prefix
#
# Variables that up reads and keeps:
#   UPLINK=PREFIX             the LAN is that of ../../netlab/netlab.sh with this prefix: behind its NAT router,
#                             with its servers and their names. Without it the LAN has no outside.
#   GRACE=50                  seconds after which a silent node is NotReady
#   DNS=coredns               DNS= for no cluster DNS: pods get the node's resolver
#   OWNER=PID                 when that process has ended, everything goes down on its own
#   AUDIT APISERVER_ARGS CONTROLLER_ARGS ETCD_ARGS    as for cluster.sh
# NODES_PREFIX (edk) names one set of nodes: several can be up. KUBE_BIN has what build.sh and build-nodes.sh made.
set -Eeuo pipefail

SELF=$(realpath "${BASH_SOURCE[0]}") HERE=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
VERSION=$(awk '$1 == "k8s.io/kubernetes" { print $2 }' "$HERE/gomod/kubernetes/go.mod")
export KUBE_BIN=${KUBE_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/esddns-kube/$VERSION}
P=${NODES_PREFIX:-edk}
N=${NODES_STATE:-${TMPDIR:-/tmp}/esddns-nodes-$P}
export KUBE_STATE=$N/cluster
LAN=$P-lan CP=$P-cp
NET=192.168.77 # netlab's LAN: the router is .1, its client .10; ours are .100 and up
NET6=fd77      # and a prefix of our own that stays when the provider's changes

COUNT=0 UPLINK=${UPLINK:-} GRACE=${GRACE:-50} DNS=${DNS-coredns} OWNER=${OWNER:-}
# shellcheck source=/dev/null
[[ ! -f $N/conf ]] || . "$N/conf"
[[ -z $UPLINK ]] || LAN=$UPLINK-lan

if [[ -f /sys/fs/cgroup/cgroup.controllers ]]; then
  CGROUPS=(/sys/fs/cgroup) CG=/sys/fs/cgroup/$P
else
  CGROUPS=() CG=/sys/fs/cgroup/freezer/$P
  for c in /sys/fs/cgroup/*; do [[ -L $c || ! -f $c/cgroup.procs ]] || CGROUPS+=("$c"); done
fi

die()     { echo "nodes.sh: $*" >&2; exit 1; }
in_net()  { local ns=$1; shift; nsenter "--net=/run/netns/$ns" -- "$@"; }
cluster() { in_net "$CP" "$HERE/cluster.sh" "$@"; }
k()       { cluster run kubectl "$@"; }
nodes()   { local i; for ((i = 1; i <= COUNT; i++)); do echo "node-$i"; done; }
number()  { [[ $1 =~ ^node-([0-9]+)$ && -d $N/$1 ]] || die "no node $1"; echo "${BASH_REMATCH[1]}"; }
need_on() { need_up; number "$1" >/dev/null; [[ $(init_of "$1") ]] || die "$1 is off"; }
need_up() { [[ -f $N/conf ]] || die "nothing is up in $N"; }

# --- processes: those of a node are those in its cgroup
procs() { # procs NODE: those of all nodes for ''
  [[ ! -d $CG/$1 ]] || find "$CG/$1" -name cgroup.procs -exec cat {} + 2>/dev/null || true
}
init_of() { # init_of NODE: its process 1
  local pid
  [[ -f $N/$1/pid ]] && read -r pid <"$N/$1/pid" && grep -qx "$pid" "$CG/$1/init/cgroup.procs" 2>/dev/null && echo "$pid"
}
on_node() { # on_node NODE CMD...
  local pid node=$1
  shift
  pid=$(init_of "$node") || die "$node is off"
  nsenter -t "$pid" --mount --uts --ipc --net --pid -- env "PATH=$KUBE_BIN:$PATH" "$@"
}
freeze() { # freeze NODE 1|0
  if [[ -f $CG/$1/cgroup.freeze ]]; then echo "$2" >"$CG/$1/cgroup.freeze"
  elif [[ $2 == 1 ]]; then echo FROZEN >"$CG/$1/freezer.state"
  else echo THAWED >"$CG/$1/freezer.state"; fi
}
power_off() { # power_off NODE: its network goes as well, its disk stays
  local i pids
  ip -n "$LAN" link del "$P-$1" 2>/dev/null || true
  for i in {1..200}; do
    pids=$(procs "$1")
    if [[ -z $pids ]]; then
      rm -f "$N/$1/pid"
      remove_cgroups "$P/$1"
      [[ ! -e /run/netns/$P-$1 ]] || ip netns del "$P-$1"
      return
    fi
    freeze "$1" 0
    # shellcheck disable=SC2086
    kill -KILL $pids 2>/dev/null || true
    sleep 0.05
  done
  die "$1 does not end"
}
remove_cgroups() {
  local c i
  for c in "${CGROUPS[@]}"; do
    for i in {1..100}; do
      [[ -d $c/$1 ]] || continue 2
      find "$c/$1" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.05
    done
    die "$c/$1 does not go away"
  done
}

# --- network
lan() { # the LAN is a bridge lan0. That of netlab becomes one, with its addresses and routes.
  local mac addresses address
  if [[ -z $UPLINK ]]; then
    ip netns add "$LAN"
    ip -n "$LAN" link set lo up
    ip -n "$LAN" link add lan0 type bridge
    ip -n "$LAN" addr add $NET.1/24 dev lan0
    ip -n "$LAN" addr add $NET6::1/64 dev lan0 nodad
    ip -n "$LAN" link set lan0 up
    in_net "$LAN" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 # says "no route" instead of nothing
  elif [[ ! -d /run/netns/$LAN && ! -e /run/netns/$LAN ]]; then
    die "netlab $UPLINK is not up"
  elif ! ip -n "$LAN" -d link show lan0 | grep -q ' bridge '; then
    mac=$(ip -n "$LAN" -o link show lan0 | sed 's/.*link.ether \([^ ]*\).*/\1/')
    addresses=$(ip -n "$LAN" -o addr show dev lan0 scope global | awk '{ print $4 }')
    mapfile -t routes < <(ip -n "$LAN" route show default; ip -n "$LAN" -6 route show default)
    ip -n "$LAN" link set lan0 down
    ip -n "$LAN" addr flush dev lan0
    ip -n "$LAN" link set lan0 name uplink0
    ip -n "$LAN" link add lan0 address "$mac" type bridge
    ip -n "$LAN" link set uplink0 master lan0 up
    ip -n "$LAN" link set lan0 up
    for address in $addresses; do
      if [[ $address == *:* ]]; then ip -n "$LAN" addr add "$address" dev lan0 nodad; else ip -n "$LAN" addr add "$address" dev lan0; fi
    done
    for address in "${routes[@]}"; do
      if [[ $address == *:* ]]; then set -- -6; else set -- -4; fi
      [[ $address != *via* ]] || ip -n "$LAN" "$1" route replace default via "$(awk '{ print $3 }' <<<"$address")" dev lan0
    done
  fi
  [[ -z $UPLINK ]] || ip -n "$LAN" addr replace $NET6::10/64 dev lan0 nodad
}
plug() { # plug NETNS PORT HOST: a machine with an interface eth0 on the LAN
  ip netns add "$1"
  in_net "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_dad=0
  ip -n "$1" link set lo up
  ip -n "$LAN" link add "$2" type veth peer name eth0 netns "$1"
  ip -n "$LAN" link set "$2" master lan0 up
  ip -n "$1" addr add "$NET.$3/24" dev eth0
  ip -n "$1" addr add "$NET6::$3/64" dev eth0 nodad
  ip -n "$1" link set eth0 up
  ip -n "$1" route add default via $NET.1
}
route_pods() { # route_pods NETNS [NUMBER]: to the pods of all nodes but that one
  local i
  for ((i = 1; i <= COUNT; i++)); do
    [[ $i == "${2:-}" ]] || ip -n "$1" route add "10.244.$i.0/24" via "$NET.$((100 + i))"
    [[ $i == "${2:-}" ]] || ip -n "$1" -6 route add "fd00:10:244:$i::/64" via "$NET6::$((100 + i))"
  done
}
provider6() { # provider6 NODE: an address from the prefix that the router has now
  local prefix router address i=${1#node-}
  prefix=$(ip -n "$UPLINK-rtr" -6 -o addr show dev lan0 scope global | sed -n 's|.* \([0-9a-f:]*\)::1/64 .*|\1|p')
  router=$(ip -n "$UPLINK-rtr" -6 -o addr show dev lan0 scope link | awk '{ print $4; exit }')
  for address in $(ip -n "$P-$1" -6 -o addr show dev eth0 scope global | awk '$4 !~ /^'$NET6:'/ { print $4 }'); do
    ip -n "$P-$1" addr del "$address" dev eth0
  done
  [[ $prefix ]] || return 0
  ip -n "$P-$1" addr add "$prefix::$((100 + i))/64" dev eth0 nodad
  ip -n "$P-$1" -6 route replace default via "${router%/*}" dev eth0 src "$prefix::$((100 + i))"
}
wire() { # wire NODE
  local i=${1#node-}
  plug "$P-$1" "$P-$1" $((100 + i))
  route_pods "$P-$1" "$i"
  in_net "$P-$1" nft -f - <<EOF
table inet pods {
  chain post { type nat hook postrouting priority 100;
    oifname eth0 ip saddr 10.244.$i.0/24 ip daddr != 10.244.0.0/16 masquerade
    oifname eth0 ip6 saddr fd00:10:244:$i::/64 ip6 daddr != fd00:10:244::/48 masquerade
  }
}
EOF
  [[ -z $UPLINK ]] || provider6 "$1"
}
partition() { # partition NODE on|off|api
  local state=3
  [[ $2 != on ]] || state=0
  in_net "$LAN" bridge link set dev "$P-$1" state $state
  in_net "$P-$1" nft -f - <<<'add table inet cut; delete table inet cut'
  [[ $2 != api ]] || in_net "$P-$1" nft -f - <<EOF
table inet cut {
  chain in { type filter hook input priority 0; ip saddr $NET.100 drop; }
  chain out { type filter hook output priority 0; ip daddr $NET.100 drop; }
  chain forward { type filter hook forward priority 0; ip daddr $NET.100 drop; ip saddr $NET.100 drop; }
}
EOF
}

# --- files
certificate() { # certificate NAME SUBJECT [SAN]: client and server, signed by our own authority
  local pki=$N/pki
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$pki/$1.key" -subj "$2" 2>/dev/null |
    openssl x509 -req -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -days 30 -set_serial "0x$(openssl rand -hex 8)" -out "$pki/$1.crt" \
      -extfile <(echo "extendedKeyUsage=clientAuth,serverAuth"; [[ -z ${3:-} ]] || echo "subjectAltName=$3") 2>/dev/null
}
kubeconfig() { # kubeconfig NAME: with that certificate
  local server
  server=$(sed -n 's/.*server: "\([^"]*\)".*/\1/p' "$KUBE_STATE/admin.kubeconfig")
  cat >"$N/pki/$1.kubeconfig" <<EOF
apiVersion: v1
kind: Config
current-context: test
clusters: [{name: test, cluster: {server: "$server", certificate-authority: "$KUBE_STATE/pki/apiserver.crt"}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
users: [{name: test, user: {client-certificate: "$N/pki/$1.crt", client-key: "$N/pki/$1.key"}}]
EOF
}
node_files() { # node_files NODE NUMBER
  local d=$N/$1
  mkdir -p "$d"/{lib/cni/net.d,log}
  printf '%s\n' "127.0.0.1 localhost" "$NET.$((100 + $2)) $1" >"$d/hosts"
  cp "$N/resolv.conf" "$d/resolv.conf"
  tr -d - </proc/sys/kernel/random/uuid >"$d/machine-id"
  cat >"$d/containerd.toml" <<EOF
version = 3
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri", "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.erofs", "io.containerd.differ.v1.erofs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "localhost/pause:test"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["$KUBE_BIN/cni"]
    conf_dir = "/var/lib/cni/net.d"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      SystemdCgroup = false
EOF
  cat >"$d/lib/cni/net.d/10-pods.conflist" <<EOF
{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "ipam": {"type": "host-local",
    "ranges": [[{"subnet": "10.244.$2.0/24"}], [{"subnet": "fd00:10:244:$2::/64"}]],
    "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}},
  {"type": "portmap", "backend": "nftables", "capabilities": {"portMappings": true}}]}
EOF
  cat >"$d/kubelet.yaml" <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: "$N/pki/ca.crt"}}
authorization: {mode: Webhook}
tlsCertFile: "$N/pki/$1.crt"
tlsPrivateKeyFile: "$N/pki/$1.key"
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /$P/$1
failCgroupV1: false
failSwapOn: false
resolvConf: $d/resolv.conf
clusterDomain: cluster.local
clusterDNS: [$([[ -z $DNS ]] || echo 10.96.0.10)]
nodeLeaseDurationSeconds: $((GRACE * 4 / 5))
nodeStatusUpdateFrequency: $(((GRACE + 4) / 5))s
evictionHard: {memory.available: 50Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
EOF
  cat >"$d/kube-proxy.yaml" <<EOF
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: $1
clusterCIDR: 10.244.0.0/16,fd00:10:244::/48
clientConnection: {kubeconfig: "$N/pki/kube-proxy.kubeconfig"}
conntrack: {maxPerCore: 0, min: 0}
EOF
}
node_object() { # node_object NUMBER: made before the kubelet finds it, with the pods' subnet
  cat <<EOF
---
apiVersion: v1
kind: Node
metadata: {name: node-$1, labels: {kubernetes.io/hostname: node-$1}}
spec: {podCIDR: 10.244.$1.0/24, podCIDRs: [10.244.$1.0/24, "fd00:10:244:$1::/64"]}
EOF
}

# --- a node
cgroups() { # cgroups NODE: v1: a new cpuset is empty; v2: controllers are handed down level by level
  local c d controllers
  for c in "${CGROUPS[@]}"; do
    mkdir -p "$c/$P/$1/init"
    for d in "$c/$P" "$c/$P/$1" "$c/$P/$1/init"; do
      [[ ! -f $d/cpuset.cpus || -f $c/cgroup.controllers || -n $(<"$d/cpuset.cpus") ]] || cp "$c"/cpuset.{cpus,mems} "$d/"
    done
    if [[ $c == /sys/fs/cgroup ]]; then
      controllers=$(sed 's/[^ ]*/+&/g' "$c/cgroup.controllers")
      for d in "$c" "$c/$P" "$c/$P/$1"; do
        echo "$controllers" >"$d/cgroup.subtree_control" || die "$d hands no controllers down: is this the machine's own cgroup root?"
      done
    fi
  done
}
boot() { # boot NODE, and do not wait
  wire "$1"
  cgroups "$1"
  rm -f "$N/$1/pid"
  NODES_PREFIX=$P NODES_STATE=$N setsid nsenter "--net=/run/netns/$P-$1" -- unshare --pid --fork --mount --uts --ipc -- \
    bash "$SELF" _init "$1" >>"$N/$1/init.log" 2>&1 </dev/null &
}
booted() { # booted NODE: wait until its programs run
  local i
  for i in {1..600}; do [[ ! -f /proc/$(init_of "$1" || echo x)/root/run/kube-proxy.pid ]] || return 0; sleep 0.05; done
  tail -n 15 "$N/$1"/*.log >&2
  die "$1 does not boot"
}
init() { # process 1 of a node: /run, /var/lib, /var/log and more are its own
  local d=$N/$1 c pid fake file value
  read -r pid _ </proc/self/stat # this is still the machine's /proc
  for c in "${CGROUPS[@]}"; do echo 0 >"$c/$P/$1/init/cgroup.procs"; done
  echo "$1" >/proc/sys/kernel/hostname
  mount -t proc proc /proc
  mount -t tmpfs -o mode=755 tmpfs /run
  mount --bind "$d/lib" /var/lib
  mount --bind "$d/log" /var/log
  mount --bind "$d/hosts" /etc/hosts
  [[ ! -f /etc/machine-id ]] || mount --bind "$d/machine-id" /etc/machine-id
  mkdir /run/sys
  while read -r file value; do # the kubelet would set these for the whole machine; it finds them set
    [[ -e /proc/sys/$file ]] || continue
    fake=/run/sys/${file##*/}
    echo "$value" >"$fake"
    mount --bind "$fake" "/proc/sys/$file"
  done <<EOF
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
kernel/random/boot_id $(</proc/sys/kernel/random/uuid)
EOF
  mount --make-rshared /
  echo "$pid" >"$d/pid.new" && mv "$d/pid.new" "$d/pid"
  export PATH=$KUBE_BIN:$PATH
  unset NOTIFY_SOCKET
  local nodes=$NET.$((100 + ${1#node-})),$NET6::$((100 + ${1#node-}))
  keep "$1" containerd --config "$d/containerd.toml"
  until [[ -S /run/containerd/containerd.sock ]]; do sleep 0.05; done
  for file in "$KUBE_BIN"/images/*.tar; do
    [[ -e $d/lib/containerd/.${file##*/} ]] || ctr -n k8s.io images import "$file" >/dev/null || continue
    : >"$d/lib/containerd/.${file##*/}"
  done
  keep "$1" kubelet --config "$d/kubelet.yaml" --kubeconfig "$N/pki/$1.kubeconfig" --hostname-override "$1" --node-ip "$nodes"
  keep "$1" kube-proxy --config "$d/kube-proxy.yaml"
  wait # and reap orphans
}
keep() { # keep NODE PROGRAM ARG...: run it, and again when it ended
  local d=$N/$1 program=$2
  shift
  while :; do
    "$@" >>"$d/$program.log" 2>&1 </dev/null &
    echo $! >"/run/$program.pid"
    wait $! || true
    echo "$program ended"
    sleep 0.5
  done &
}

# --- verbs
up() {
  local i program
  [[ ${1:-} =~ ^([1-9]|[1-4][0-9]|50)$ ]] || die "up N, with N from 1 to 50"
  ((UID == 0)) || die "needs root"
  ((${#P} <= 7)) || die "NODES_PREFIX: at most 7 letters"
  [[ -z $(procs '') && ! -e $N && ! -e /run/netns/$CP ]] || die "$P is up, or was not brought down: down first"
  for program in kube-apiserver kubelet kube-proxy containerd cni/bridge images/pause.tar; do
    [[ -e $KUBE_BIN/$program ]] || die "no $program in $KUBE_BIN: run build.sh and build-nodes.sh first"
  done
  for program in runc nft ip bridge openssl unshare nsenter mount sysctl; do
    command -v "$program" >/dev/null || die "no $program: install runc, nftables, iproute2, openssl, util-linux, mount, procps"
  done
  for i in "$N" "$KUBE_BIN" "$HERE"; do
    [[ $i == /* && $i != *[[:space:]]* && $i/ != /run/* && $i/ != /var/@(run|lib|log)/* ]] ||
      die "$i: needs a full path without blanks, not in /run, /var/lib or /var/log"
  done
  COUNT=$1
  trap 'echo "nodes.sh: line $LINENO failed: $BASH_COMMAND" >&2' ERR
  trap 'trap - ERR; echo "nodes.sh: not up" >&2; down' EXIT
  mkdir -p "$(dirname "$N")" && mkdir -m 700 "$N" "$N/pki"
  declare -p COUNT UPLINK GRACE DNS OWNER KUBE_BIN >"$N/conf"
  : >"$N/resolv.conf"
  [[ -z $UPLINK || ! -f /etc/netns/$LAN/resolv.conf ]] || cp "/etc/netns/$LAN/resolv.conf" "$N/resolv.conf"

  lan
  plug "$CP" "$P-cp" 100
  route_pods "$CP"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=nodes -keyout "$N/pki/ca.key" -out "$N/pki/ca.crt" 2>/dev/null
  certificate apiserver-client /O=system:masters/CN=kube-apiserver-kubelet-client
  APISERVER_ARGS="--client-ca-file=$N/pki/ca.crt --kubelet-certificate-authority=$N/pki/ca.crt
    --kubelet-client-certificate=$N/pki/apiserver-client.crt --kubelet-client-key=$N/pki/apiserver-client.key
    --kubelet-preferred-address-types=InternalIP --endpoint-reconciler-type=lease --enable-aggregator-routing ${APISERVER_ARGS:-}" \
    CONTROLLER_ARGS="--controllers=* --node-monitor-grace-period=${GRACE}s --node-monitor-period=$(((GRACE + 9) / 10))s ${CONTROLLER_ARGS:-}" \
    NODES=0 PARTS="controllers scheduler" OWNER='' ADDR=$NET.100 cluster up

  certificate kube-proxy /CN=system:kube-proxy
  kubeconfig kube-proxy
  for ((i = 1; i <= COUNT; i++)); do node_object "$i"; done | k create -f - >/dev/null
  for ((i = 1; i <= COUNT; i++)); do
    certificate "node-$i" "/O=system:nodes/CN=system:node:node-$i" "IP:$NET.$((100 + i)),IP:$NET6::$((100 + i)),DNS:node-$i"
    kubeconfig "node-$i"
    node_files "node-$i" "$i"
    boot "node-$i"
  done
  for ((i = 1; i <= COUNT; i++)); do booted "node-$i"; done
  k wait --for=condition=Ready node --all --timeout=120s >/dev/null
  [[ -z $DNS ]] || coredns | k create -f - >/dev/null
  [[ -z $DNS ]] || k -n kube-system rollout status deployment/coredns --timeout=120s >/dev/null
  for ((i = 1; i <= COUNT; i++)); do [[ -z $DNS ]] || dns_answers "node-$i"; done
  if [[ $OWNER ]]; then setsid bash "$SELF" _owner "$OWNER" >/dev/null 2>&1 </dev/null & fi
  trap - EXIT
}
coredns() {
  local forward='' names=''
  ! grep -q ^nameserver "$N/resolv.conf" || forward='forward . /etc/resolv.conf'
  # The network lab has no resolver for its names: it gives its home a hosts file
  [[ -z $UPLINK || ! -f /etc/netns/$LAN/hosts ]] || names="hosts /dev/null netlab.test {
$(sed '/localhost/d;s/^/        /' "/etc/netns/$LAN/hosts")
      }"
  cat <<EOF
apiVersion: v1
kind: ServiceAccount
metadata: {name: coredns, namespace: kube-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: system:coredns}
rules:
- {apiGroups: [""], resources: [endpoints, services, pods, namespaces], verbs: [list, watch]}
- {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: system:coredns}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:coredns}
subjects: [{kind: ServiceAccount, name: coredns, namespace: kube-system}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
    .:53 {
      errors
      health
      ready
      kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
      }
      $names
      $forward
      cache 30
    }
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec:
  clusterIP: 10.96.0.10
  selector: {k8s-app: kube-dns}
  ports:
  - {name: dns, port: 53, protocol: UDP}
  - {name: dns-tcp, port: 53, protocol: TCP}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec:
  replicas: $((COUNT > 1 ? 2 : 1))
  selector: {matchLabels: {k8s-app: kube-dns}}
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec:
      serviceAccountName: coredns
      priorityClassName: system-cluster-critical
      dnsPolicy: Default
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {k8s-app: kube-dns}}}
      containers:
      - name: coredns
        image: localhost/coredns:test
        args: [-conf, /etc/coredns/Corefile]
        volumeMounts: [{name: config, mountPath: /etc/coredns, readOnly: true}]
        resources: {requests: {cpu: 10m, memory: 50Mi}, limits: {memory: 170Mi}}
        readinessProbe: {httpGet: {path: /ready, port: 8181}, periodSeconds: 1}
        livenessProbe: {httpGet: {path: /health, port: 8080}, initialDelaySeconds: 30}
        securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}
      volumes: [{name: config, configMap: {name: coredns}}]
EOF
}
dns_answers() { # dns_answers NODE: its kube-proxy has heard of the pods
  local _
  for _ in {1..200}; do
    ! in_net "$P-$1" bash -c 'exec 3<>/dev/tcp/10.96.0.10/53' 2>/dev/null || return 0
    sleep 0.05
  done
  die "$1 does not reach the cluster's DNS"
}
down() {
  local ns dir pids
  for dir in "$CG"/*/; do [[ ! -d $dir ]] || power_off "$(basename "$dir")"; done
  [[ ! -e $KUBE_STATE ]] || "$HERE/cluster.sh" down
  for ns in /run/netns/"$P"-{cp,lan,node-*}; do
    [[ -e $ns ]] || continue
    pids=$(ip netns pids "${ns##*/}" || true)
    # shellcheck disable=SC2086
    [[ -z $pids ]] || kill -KILL $pids 2>/dev/null || true
    ip netns del "${ns##*/}"
  done
  remove_cgroups "$P"
  [[ ! -e $N ]] || [[ -f $N/conf || -d $N/pki ]] || die "$N is not ours"
  rm -rf "$N"
}
status() {
  local node kb state
  need_up
  for node in $(nodes); do
    state=off kb=0
    if init_of "$node" >/dev/null; then
      state=on
      ! grep -qsE 'FROZEN|^frozen 1' "$CG/$node/freezer.state" "$CG/$node/cgroup.events" || state=frozen
      kb=$(procs "$node" | while read -r pid; do sed -n 's/^RssAnon:\t *\([0-9]*\).*/\1/p' "/proc/$pid/status" 2>/dev/null || true; done | awk '{ n += $1 } END { print n + 0 }')
    fi
    printf '%-24s %-8s %3d processes %4d MB\n' "$node" "$state" "$(procs "$node" | wc -l)" $((kb / 1024))
  done
  cluster status
  k get nodes,pods -A -o wide
}
load_image() { # load_image TAR [NODE...]
  local tar=$1 node nodes=() jobs=()
  shift
  [[ -r $tar ]] || die "no $tar"
  mapfile -t nodes < <(nodes)
  for node in "${@:-${nodes[@]}}"; do
    on_node "$node" ctr -n k8s.io images import - <"$tar" >"$N/$node/import.log" 2>&1 &
    jobs[$!]=$node
  done
  for node in "${!jobs[@]}"; do wait "$node" || { cat "$N/${jobs[node]}/import.log" >&2; die "not imported into ${jobs[node]}"; }; done
}
make_image() { # make_image TAR NAME DIR CMD...
  local tar=$1 name=$2 dir=$3 tmp sum command arch=amd64
  shift 3
  [[ $(uname -m) != aarch64 ]] || arch=arm64
  command=$(printf ',"%s"' "$@")
  tmp=$(mktemp -d)
  tar -C "$dir" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf "$tmp/layer.tar" .
  sum=$(sha256sum <"$tmp/layer.tar")
  cat >"$tmp/config.json" <<EOF
{"architecture":"$arch","os":"linux","config":{"Entrypoint":[${command#,}],"User":"${IMAGE_USER:-}","Env":["PATH=/usr/bin:/bin"]},
"rootfs":{"type":"layers","diff_ids":["sha256:${sum%% *}"]}}
EOF
  echo '[{"Config":"config.json","RepoTags":["'"$name"'"],"Layers":["layer.tar"]}]' >"$tmp/manifest.json"
  tar -C "$tmp" -cf "$tar" manifest.json config.json layer.tar
  rm -rf "$tmp"
}
restart() { # restart NODE [PROGRAM]
  local pid
  if [[ -z ${2:-} ]]; then power_off "$1"; boot "$1"; booted "$1"; return; fi
  pid=$(on_node "$1" cat "/run/$2.pid") || die "restart: what is $2?"
  on_node "$1" kill -KILL "$pid"
}

verb=${1:-}
[[ -z $verb ]] || shift
case $verb in
  up) up "$@" ;;
  down) down ;;
  status) status ;;
  env) need_up; "$HERE/cluster.sh" env; printf 'export NODES_PREFIX=%q NODES_STATE=%q NODES_NET=%q\n' "$P" "$N" "/run/netns/$CP" ;;
  run)
    need_up
    [[ $# -ge 2 ]] || die "run cp|lan|NODE CMD..."
    where=$1; shift
    case $where in
      cp) cluster run "$@" ;;
      lan) in_net "$LAN" "$@" ;;
      *) number "$where" >/dev/null; on_node "$where" "$@" ;;
    esac ;;
  cluster) need_up; cluster "$@" ;;
  load-image) need_up; [[ $# -ge 1 ]] || die "load-image TAR [NODE...]"; load_image "$@" ;;
  make-image) [[ $# -ge 4 ]] || die "make-image TAR NAME DIR CMD..."; make_image "$@" ;;
  partition) need_on "${1:-}"; [[ ${2:-} == @(on|off|api) ]] || die "partition NODE on|off|api"; partition "$@" ;;
  freeze) need_on "${1:-}"; case ${2:-} in on) freeze "$1" 1 ;; off) freeze "$1" 0 ;; *) die "freeze NODE on|off" ;; esac ;;
  kill) need_up; number "${1:-}" >/dev/null; power_off "$1" ;;
  restart) need_up; number "${1:-}" >/dev/null; restart "$@" ;;
  renew) need_up; [[ $UPLINK ]] || die "renew: no UPLINK"; for node in $(nodes); do [[ -z $(init_of "$node") ]] || provider6 "$node"; done ;;
  _init) init "$1" ;;
  _owner) while [[ -d $N && -d /proc/$1 ]]; do sleep 1; done; [[ ! -d $N ]] || down ;;
  *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$SELF"; [[ -z $verb || $verb == help ]] || exit 2 ;;
esac
