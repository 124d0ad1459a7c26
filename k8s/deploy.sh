#!/usr/bin/env bash
# Deploys ESDDNS by kubectl and the overlays beside this script. Safe to run again: what is not given stays as deployed.
#
# Usage: deploy.sh development|production [OPTION...]
#
#   export GANDI_API_KEY=... DOMAIN=example.org
#   ./deploy.sh production
#
#   --domain NAME        DOMAIN        the zone, such as example.org
#   --record NAME        RECORD_NAME   the name in it; @ is the zone itself (at first: @)
#   --types LIST         RECORD_TYPES  A, AAAA or A,AAAA (at first: the overlay's)
#   --ttl SECONDS        RECORD_TTL    (at first: the overlay's)
#   --provider NAME      PROVIDER      gandi or cloudflare (at first: gandi); any other: --config
#   --config FILE                      a whole esddns.yaml in place of the five above, with health: 0.0.0.0:8080
#   --api-key-file FILE                the provider's token; - is standard input. Or, in the environment:
#                                      GANDI_API_KEY, CLOUDFLARE_API_TOKEN or API_KEY
#   --dashboard-password-file FILE     shows the dashboard to others: what `esddns password` printed. Or, in the
#                                      environment: DASHBOARD_PASSWORD, the password itself
#   --dashboard-host NAME              a name or address by which browsers call it; may be repeated
#   --component NAME                   one of components/, such as monitoring, beside those deployed; may be repeated.
#                                      none: forget those deployed
#   --service-annotation KEY=VALUE     for the cloud's load balancer, beside those deployed; may be repeated.
#                                      none: forget those deployed
#   --image NAME:TAG                   another image; default: that of this clone again
#   --namespace NAME     NAMESPACE     (default: the overlay's, esddns or esddns-dev)
#   --timeout TIME                     how long pods get to be ready (default: 300s)
#   --no-wait                          do not wait for them
#   --yes                              do not ask
#   --dry-run                          change nothing: print the manifests
#   --help
#
# On a terminal it asks for what is missing.
# Exit codes: 0 done, 1 refused by the cluster, 2 wrong or missing settings, 3 no tool or no cluster, 4 not ready in time.

set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
. "$HERE/lib/common.sh"
# shellcheck source=lib/configuration.sh
. "$HERE/lib/configuration.sh"
# shellcheck source=lib/dashboard.sh
. "$HERE/lib/dashboard.sh"
# shellcheck source=lib/deployed.sh
. "$HERE/lib/deployed.sh"
# shellcheck source=lib/record.sh
. "$HERE/lib/record.sh"
# shellcheck source=lib/token.sh
. "$HERE/lib/token.sh"
# shellcheck source=lib/manifests.sh
. "$HERE/lib/manifests.sh"
# shellcheck source=lib/result.sh
. "$HERE/lib/result.sh"

ENVIRONMENT='' CONFIG='' API_KEY_FILE='' PASSWORD_FILE='' IMAGE='' TIMEOUT=300s WAIT=1 YES=0 DRY_RUN=0
DOMAIN=${DOMAIN:-} RECORD_NAME=${RECORD_NAME:-} RECORD_TYPES=${RECORD_TYPES:-} RECORD_TTL=${RECORD_TTL:-}
PROVIDER=${PROVIDER:-} NAMESPACE=${NAMESPACE:-}
DASHBOARD_HOSTS=() COMPONENTS=() ANNOTATIONS=()

parse() {
  while (($# > 0)); do
    case $1 in
      --domain) value_of "$1" $#; DOMAIN=$2; shift ;;
      --record) value_of "$1" $#; RECORD_NAME=$2; shift ;;
      --types) value_of "$1" $#; RECORD_TYPES=$2; shift ;;
      --ttl) value_of "$1" $#; RECORD_TTL=$2; shift ;;
      --provider) value_of "$1" $#; PROVIDER=$2; shift ;;
      --config) value_of "$1" $#; CONFIG=$2; shift ;;
      --api-key-file) value_of "$1" $#; API_KEY_FILE=$2; shift ;;
      --dashboard-password-file) value_of "$1" $#; PASSWORD_FILE=$2; shift ;;
      --dashboard-host) value_of "$1" $#; DASHBOARD_HOSTS+=("$2"); shift ;;
      --component) value_of "$1" $#; COMPONENTS+=("$2"); shift ;;
      --service-annotation) value_of "$1" $#; ANNOTATIONS+=("$2"); shift ;;
      --image) value_of "$1" $#; IMAGE=$2; shift ;;
      --namespace) value_of "$1" $#; NAMESPACE=$2; shift ;;
      --timeout) value_of "$1" $#; TIMEOUT=$2; shift ;;
      --no-wait) WAIT=0 ;;
      --yes | -y) YES=1 ;;
      --dry-run) DRY_RUN=1 ;;
      --help | -h) usage; exit 0 ;;
      development | production) ENVIRONMENT=$1 ;;
      *) fail "$EXIT_SETTINGS" "\"$1\" is not known, expected development, production or an option" "$0 --help shows all" ;;
    esac
    shift
  done
}

check_settings() {
  local name
  [[ $ENVIRONMENT ]] || fail "$EXIT_SETTINGS" "Which environment? $0 development, or $0 production" "$0 --help shows more"
  [[ -z $CONFIG || -r $CONFIG ]] || fail "$EXIT_SETTINGS" "Cannot read \"$CONFIG\": there is no such file, or it is not yours to read"
  check_record
  check_own_file
  for name in ${ANNOTATIONS[@]+"${ANNOTATIONS[@]}"}; do
    [[ $name == ?*=* && $name != *$'\n'* || $name == none ]] || fail "$EXIT_SETTINGS" "\"$name\" is no annotation, expected KEY=VALUE"
  done
  for name in ${DASHBOARD_HOSTS[@]+"${DASHBOARD_HOSTS[@]}"}; do
    check_host "$name"
  done
  check_components
  [[ $IMAGE =~ ^[A-Za-z0-9._:/@-]*$ ]] || fail "$EXIT_SETTINGS" "\"$IMAGE\" is no image, expected NAME:TAG"
  [[ -n $NAMESPACE ]] || NAMESPACE=$(sed -n 's/^namespace: //p' "$HERE/overlays/$ENVIRONMENT/kustomization.yaml")
  check_namespace "$NAMESPACE"
}

check_components() {
  local name
  for name in ${COMPONENTS[@]+"${COMPONENTS[@]}"}; do
    [[ $name == none || -f $HERE/components/$name/kustomization.yaml ]] || fail "$EXIT_SETTINGS" \
      "There is no component \"$name\"" "There are: $(cd "$HERE/components" && printf '%s ' *)"
  done
}

deploy() {
  choose_configuration
  settle_dashboard
  render >"$WORK/manifests.yaml"
  if ((DRY_RUN)); then return 0; fi
  apply_all || fail "$EXIT_REFUSED" "The cluster refused; the message above says why" \
    "kubectl auth can-i --list --namespace=$NAMESPACE shows what you may do"
  forget_what_is_gone
  forget_components
  if ((WAIT)) || [[ $PASSWORD ]]; then wait_for_pods; fi
}

apply_all() { # one after the other, and none after one that is refused
  kubectl get namespace "$NAMESPACE" --output=name >/dev/null 2>&1 ||
    kubectl create namespace "$NAMESPACE" --dry-run=client --output=yaml | apply >&2 || return
  [[ -z $TOKEN ]] || printf %s "$TOKEN" | put_secret "$NAMESPACE" "$PROVIDER_SECRET" api-key || return
  [[ -z $PASSWORD_HASH ]] || printf %s "$PASSWORD_HASH" | put_secret "$NAMESPACE" "$DASHBOARD_SECRET" password || return
  apply <"$WORK/manifests.yaml" >&2
}

forget_what_is_gone() { # apply deletes nothing: the Service of a dashboard that is not shown any more, old configurations
  local used name selector=app.kubernetes.io/name=esddns-operator
  for name in $(kubectl get services --namespace="$NAMESPACE" --selector="$selector" --output=name); do
    [[ $name != service/esddns ]] || is_shown || kubectl delete "$name" --namespace="$NAMESPACE" >&2
  done
  used=" $(kubectl get controllerrevisions --namespace="$NAMESPACE" --selector="$selector" \
    --output=jsonpath='{.items[*].data.spec.template.spec.volumes[*].configMap.name}') $(configuration_name "$WORK/manifests.yaml") "
  for name in $(kubectl get configmaps --namespace="$NAMESPACE" --selector="$selector" --output=name); do
    name=${name#configmap/}
    [[ $name != esddns-config-* || $used == *" $name "* ]] || kubectl delete configmap "$name" --namespace="$NAMESPACE" >&2
  done
}

configuration_name() { sed -n '/^ *name: esddns-config-[a-z0-9]*$/{s/.*: //p;q;}' "$1"; }

wait_for_pods() {
  kubectl rollout status daemonset/esddns-operator --namespace="$NAMESPACE" --timeout="$TIMEOUT" >&2 && return 0
  kubectl get pods --namespace="$NAMESPACE" --selector=app.kubernetes.io/name=esddns-operator --output=wide >&2 || true
  kubectl get events --namespace="$NAMESPACE" --field-selector=type=Warning --sort-by=.lastTimestamp >&2 || true
  fail "$EXIT_NOT_READY" "Not every pod was ready within $TIMEOUT" \
    "kubectl --namespace=$NAMESPACE logs --selector=app.kubernetes.io/name=esddns-operator --prefix says what they wait for" \
    "kubectl --namespace=$NAMESPACE rollout undo daemonset/esddns-operator goes back"
}

pods_run() {
  [[ $(kubectl get daemonset esddns-operator --namespace="$NAMESPACE" --ignore-not-found --output=jsonpath='{.status.numberReady}') -gt 0 ]]
}

main() {
  parse "$@"
  WORK=$(mktemp -d)
  trap 'rm -rf "$WORK"' EXIT
  check_settings
  take_token
  take_password
  need_kubectl
  ((DRY_RUN)) || need_cluster
  recall
  check_components
  settle_record
  choose_token "$PROVIDER"
  show_with_password
  if ((DRY_RUN)); then
    deploy
    say "Nothing is changed. Secret $PROVIDER_SECRET: $([[ $TOKEN ]] && echo "would be written" || echo "would stay as it is")."
    cat "$WORK/manifests.yaml"
    return
  fi
  need_token
  need_record
  need_password
  confirm "Deploy $ENVIRONMENT into namespace $NAMESPACE of $(context)?"
  if [[ $PASSWORD ]]; then
    pods_run || without_dashboard deploy
    PASSWORD_HASH=$(hash_password)
  fi
  deploy
  show_result esddns-operator
}

main "$@"
