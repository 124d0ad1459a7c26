#!/usr/bin/env bash
# Deploys MetalLB's pool of addresses and ESDDNS with its dashboard at the first of them. Safe to run again: the pool is
# named each time, and every option of deploy.sh that is not given stays as it is deployed.
#
# Usage: deploy-metallb.sh development|production RANGE[,RANGE...] [OPTION...]
#
#   export GANDI_API_KEY=... DOMAIN=example.org
#   ./deploy-metallb.sh production 192.168.1.100-192.168.1.110
#
# RANGE is FIRST-LAST or a block, IPv4 or IPv6: free addresses, in no router's DHCP range and no node's own.
#
#   --bgp                        announce them to a router by BGP; otherwise on the LAN (L2: ARP, NDP)
#     --my-asn N --peer-asn N    autonomous systems of the nodes and of the router
#     --peer-address ADDRESS     the router's
#     --peer-password-file FILE  of the session, where there is one; - is standard input
#   --metallb-manifest FILE|URL  what is applied where the cluster has no MetalLB yet (default: the project's own,
#                                https://raw.githubusercontent.com/metallb/metallb/v0.16.1/config/manifests/metallb-native.yaml)
#   --no-metallb                 apply none: MetalLB has to be there
#   and every option of deploy.sh, such as --dashboard-password-file, --timeout, --yes, --dry-run, --help
#
# Exit codes: 0 done, 1 refused by the cluster, 2 wrong or missing settings, 3 no tool or no cluster, 4 not ready in time.

set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
. "$HERE/lib/common.sh"
# shellcheck source=lib/addresses.sh
. "$HERE/lib/addresses.sh"
# shellcheck source=lib/metallb.sh
. "$HERE/lib/metallb.sh"
# shellcheck source=lib/pool.sh
. "$HERE/lib/pool.sh"

METALLB_VERSION=${METALLB_VERSION:-v0.16.1}
MANIFEST=https://raw.githubusercontent.com/metallb/metallb/$METALLB_VERSION/config/manifests/metallb-native.yaml
ENVIRONMENT='' RANGES='' MODE=l2 MY_ASN='' PEER_ASN='' PEER_ADDRESS='' PEER_PASSWORD_FILE='' METALLB=metallb-system
NAMESPACE=${NAMESPACE:-} TIMEOUT=300s YES=0 DRY_RUN=0
FOR_DEPLOY=()
# They are for deploy.sh alone: no other program gets them in its environment
SECRETS='GANDI_API_KEY CLOUDFLARE_API_TOKEN API_KEY DASHBOARD_PASSWORD'
# shellcheck disable=SC2086,SC2163
export -n $SECRETS

parse() {
  while (($# > 0)); do
    case $1 in
      --bgp) MODE=bgp ;;
      --my-asn) value_of "$1" $#; MY_ASN=$2; shift ;;
      --peer-asn) value_of "$1" $#; PEER_ASN=$2; shift ;;
      --peer-address) value_of "$1" $#; PEER_ADDRESS=$2; shift ;;
      --peer-password-file) value_of "$1" $#; PEER_PASSWORD_FILE=$2; shift ;;
      --metallb-manifest) value_of "$1" $#; MANIFEST=$2; shift ;;
      --no-metallb) MANIFEST='' ;;
      --help | -h) usage; exit 0 ;;
      --yes | -y) YES=1; FOR_DEPLOY+=("$1") ;;
      --dry-run) DRY_RUN=1; FOR_DEPLOY+=("$1") ;;
      --namespace) value_of "$1" $#; NAMESPACE=$2; FOR_DEPLOY+=("$1" "$2"); shift ;;
      --timeout) value_of "$1" $#; TIMEOUT=$2; FOR_DEPLOY+=("$1" "$2"); shift ;;
      --no-wait) FOR_DEPLOY+=("$1") ;;
      --domain | --record | --types | --ttl | --provider | --config | --api-key-file | --dashboard-password-file | \
        --dashboard-host | --component | --service-annotation | --image)
        value_of "$1" $#; FOR_DEPLOY+=("$1" "$2"); shift ;;
      -*) fail "$EXIT_SETTINGS" "\"$1\" is not known" "$0 --help shows all options" ;;
      *) if [[ -z $ENVIRONMENT ]]; then ENVIRONMENT=$1; else RANGES+=${RANGES:+,}$1; fi ;;
    esac
    shift
  done
}

check_settings() {
  [[ $ENVIRONMENT == development || $ENVIRONMENT == production ]] ||
    fail "$EXIT_SETTINGS" "Which environment? $0 development RANGE, or $0 production RANGE" "$0 --help shows more"
  [[ -n $RANGES ]] || ! on_terminal || RANGES=$(ask "Addresses for Services, such as 192.168.1.100-192.168.1.110")
  [[ $RANGES ]] || fail "$EXIT_SETTINGS" "Which addresses? $0 $ENVIRONMENT 192.168.1.100-192.168.1.110"
  [[ -n $NAMESPACE ]] || NAMESPACE=$(sed -n 's/^namespace: //p' "$HERE/overlays/$ENVIRONMENT/kustomization.yaml")
  check_namespace "$NAMESPACE"
  check_ranges
  if [[ $MODE == bgp ]]; then check_peer; fi
}

check_ranges() { # also: POOL_BOUNDS
  local range bounds
  POOL_BOUNDS=()
  for range in ${RANGES//,/ }; do
    bounds=$(bounds_of "$range") || fail "$EXIT_SETTINGS" "\"$range\" is no range of addresses: $bounds" \
      "Expected FIRST-LAST such as 192.168.1.100-192.168.1.110, or a block such as 192.168.1.96/28"
    if ! is_unicast "${bounds% *}" || ! is_unicast "${bounds#* }"; then
      fail "$EXIT_SETTINGS" "\"$range\" has addresses that no Service can have"
    fi
    POOL_BOUNDS+=("$bounds")
  done
}

check_peer() {
  local name
  for name in MY_ASN PEER_ASN; do
    [[ ${!name} =~ ^[1-9][0-9]{0,9}$ ]] && ((${!name} < 4294967296)) && continue
    fail "$EXIT_SETTINGS" "$name is \"${!name}\", expected a number below 4294967296" \
      "--bgp needs --my-asn, --peer-asn and --peer-address; private numbers begin at 64512"
  done
  hex_of "$PEER_ADDRESS" >/dev/null || fail "$EXIT_SETTINGS" "--peer-address is \"$PEER_ADDRESS\", expected the router's address"
}

deploy() { # without a password nothing is shown, so that no address is taken
  local first name show=()
  first=$(first_address "$RANGES")
  if can_show; then
    show=(--component metallb --dashboard-host "$first" --service-annotation "metallb.io/address-pool=$NAMESPACE"
      --service-annotation "metallb.io/loadBalancerIPs=$first")
  fi
  (
    # shellcheck disable=SC2163
    for name in $SECRETS; do [[ -z ${!name:-} ]] || export "$name"; done
    exec "$HERE/deploy.sh" "$ENVIRONMENT" ${FOR_DEPLOY[@]+"${FOR_DEPLOY[@]}"} ${show[@]+"${show[@]}"}
  )
}

can_show() {
  on_terminal || [[ ${DASHBOARD_PASSWORD:-} || " ${FOR_DEPLOY[*]-} " == *" --dashboard-password-file "* ]] ||
    secret_exists "$NAMESPACE" "$DASHBOARD_SECRET"
}

show_result() {
  local address
  say "Pool:      $NAMESPACE with $RANGES"
  if secret_exists "$NAMESPACE" "$DASHBOARD_SECRET"; then
    kubectl wait --for=jsonpath='{.status.loadBalancer.ingress}' service/esddns --namespace="$NAMESPACE" --timeout=15s >/dev/null 2>&1 || true
    address=$(kubectl get service esddns --namespace="$NAMESPACE" --output=jsonpath='{.status.loadBalancer.ingress[0].ip}')
    if [[ $address ]]; then
      say "Dashboard: http://$address/"
    else
      say "Dashboard: no address yet; kubectl --namespace=$NAMESPACE describe service esddns says why"
    fi
  else
    say "The dashboard has no password, so it got no address of the pool: run this again with DASHBOARD_PASSWORD set."
  fi
  say "DNS points at the address of your line and at none of these: have the router forward its ports to the Service you mean."
}

main() {
  parse "$@"
  check_settings
  need_kubectl
  WORK=$(mktemp -d)
  trap 'rm -rf "$WORK"' EXIT
  if ((DRY_RUN)); then
    render_pool && printf -- '---\n' && deploy
    return
  fi
  need_cluster
  refuse_node_addresses
  need_metallb
  warn_of_traps
  render_pool >"$WORK/pool.yaml"
  apply_pool
  forget_other_mode
  deploy
  show_result
}

main "$@"
