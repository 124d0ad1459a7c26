#!/usr/bin/env bash
# build-nodes.sh [DEST] - build what nodes.sh needs beside the programs of build.sh, from source: kubelet and
# kube-proxy, containerd with its shim and ctr, the CNI plugins, and the images of pause, CoreDNS and, for
# metallb.sh, MetalLB. Same rules as build.sh. runc is not among them: it needs C; take the system's (package runc).
set -Eeuo pipefail

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
version() { awk -v m="$2" '$1 == m { print $2 }' "$here/gomod/$1/go.mod"; }
kube=$(version kubernetes k8s.io/kubernetes)
[[ $(version kubelet k8s.io/kubernetes) == "$kube" ]] || { echo "gomod/kubelet and gomod/kubernetes differ" >&2; exit 1; }
dest=${1:-${KUBE_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/esddns-kube/$kube}}
mkdir -p "$dest"
dest=$(realpath "$dest")
export CGO_ENABLED=0 GOFLAGS=-mod=readonly GOWORK=off

exec 9>"$dest/.lock"
flock 9 # a second build waits, then finds everything there
rm -rf "$dest"/.build.* # of one that was killed
tmp=
trap '[[ -z $tmp ]] || rm -rf "$tmp"' EXIT

build() { # build MODULE LDFLAGS TAGS PACKAGE... -- FILE...: FILEs are what has to be there afterwards
  local module=$1 flags=$2 tags=$3 start=$SECONDS sum packages=() file
  shift 3
  while [[ $1 != -- ]]; do packages+=("$1"); shift; done
  shift
  sum=$(cd "$here/gomod/$module" && find . -type f -exec sha256sum {} + | sort | sha256sum)
  if [[ -f $dest/.$module && $(<"$dest/.$module") == "$sum" ]] && all_there "$@"; then
    echo "$*: there already"
    return
  fi
  tmp=$(mktemp -d "$dest/.build.XXXXXX")
  (cd "$here/gomod/$module" && go build -trimpath -gcflags=all=-dwarf=false -tags "$tags" -ldflags "-s -w $flags" -o "$tmp/" "${packages[@]}") 2>&1 |
    sed '/^go: downloading /d' >&2
  for file; do
    mkdir -p "$(dirname "$dest/$file")"
    case $file in
      metallb/*.yaml) cp "$(manifest)" "$dest/$file" ;;
      *.tar) image "${file##*/}" && mv "$tmp/image.tar" "$dest/$file" ;;
      *) mv "$tmp/${file##*/}" "$dest/$file" ;;
    esac
  done
  echo "$sum" >"$dest/.$module"
  rm -rf "$tmp"
  echo "$*: built in $((SECONDS - start)) s"
}
image() { # image NAME.tar: FROM scratch, the program NAME and nothing else; called as MetalLB's manifest calls it
  local name=${1%.tar} tag=
  [[ $module != metallb ]] || tag=$(sed -n "s|.*image: \(.*/$name:.*\)|\1|p" "$(manifest)")
  rm -rf "$tmp/root" && mkdir "$tmp/root" && mv "$tmp/$name" "$tmp/root/"
  "$here/nodes.sh" make-image "$tmp/image.tar" "${tag:-localhost/$name:test}" "$tmp/root" "/$name"
}
manifest() { # the module's own
  (cd "$here/gomod/metallb" && go list -m -f '{{.Dir}}/config/manifests/metallb-native.yaml' go.universe.tf/metallb)
}
all_there() { local file; for file; do [[ -e $dest/$file ]] || return 1; done; }

v=k8s.io/component-base/version
build kubelet "-X $v.gitVersion=$kube -X $v.gitMajor=1 -X $v.gitMinor=$(cut -d. -f2 <<<"$kube")" "" \
  tool -- kubelet kube-proxy
build nodes "-X github.com/containerd/containerd/v2/version.Version=$(version nodes github.com/containerd/containerd/v2)" \
  "no_btrfs no_devmapper no_zfs no_aufs" tool ./pause -- containerd containerd-shim-runc-v2 ctr \
  cni/bridge cni/host-local cni/loopback cni/portmap images/pause.tar
build coredns "" "" . -- images/coredns.tar
build metallb "" "" tool -- metallb/controller.tar metallb/speaker.tar metallb/metallb-native.yaml
echo "in $dest, $SECONDS s in all"
