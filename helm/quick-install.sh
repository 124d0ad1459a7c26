#!/usr/bin/env bash
# Installs or upgrades the Helm chart beside this script. Safe to run again: what is not given stays as it is installed.
#
# Usage: quick-install.sh [OPTION...]
#
#   export GANDI_API_KEY=... DOMAIN=example.org
#   ./quick-install.sh
#
#   --domain NAME        DOMAIN        the zone, such as example.org
#   --record NAME        RECORD_NAME   the name in it; @ is the zone itself (at first: @)
#   --types LIST         RECORD_TYPES  A, AAAA or A,AAAA (at first: A)
#   --ttl SECONDS        RECORD_TTL    (at first: the preset's)
#   --provider NAME      PROVIDER      gandi or cloudflare (at first: gandi); any other: --values
#   --api-key-file FILE                the provider's token; - is standard input. Or, in the environment:
#                                      GANDI_API_KEY, CLOUDFLARE_API_TOKEN or API_KEY
#   --environment NAME   ENVIRONMENT   production or development: the chart's preset (default: production)
#   --service-type TYPE  SERVICE_TYPE  ClusterIP, NodePort or LoadBalancer; the last two need a password
#   --dashboard-password-file FILE     shows the dashboard to others: what `esddns password` printed
#   --dashboard-host NAME              a name or address by which browsers call it
#   --values FILE                      values of yours; may be repeated
#   --chart CHART                      another chart: folder, archive or oci://... (default: the one beside this script)
#   --release NAME                     (default: esddns-operator)
#   --namespace NAME     NAMESPACE     (default: esddns-system)
#   --timeout TIME                     how long pods get to be ready (default: 5m)
#   --yes                              do not ask
#   --dry-run                          change nothing: print the manifests
#   --help
#
# On a terminal it asks for what is missing.
# Exit codes: 0 done, 1 refused by the cluster, 2 wrong or missing settings, 3 no tool or no cluster, 4 not ready in time.

set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../k8s/lib/common.sh
. "$HERE/../k8s/lib/common.sh"
# shellcheck source=../k8s/lib/token.sh
. "$HERE/../k8s/lib/token.sh"
# shellcheck source=../k8s/lib/record.sh
. "$HERE/../k8s/lib/record.sh"
# shellcheck source=../k8s/lib/result.sh
. "$HERE/../k8s/lib/result.sh"

CHART=$HERE/esddns-operator RELEASE=esddns-operator API_KEY_FILE='' PASSWORD_FILE='' HOST='' TIMEOUT=5m YES=0 DRY_RUN=0
DOMAIN=${DOMAIN:-} RECORD_NAME=${RECORD_NAME:-} RECORD_TYPES=${RECORD_TYPES:-} RECORD_TTL=${RECORD_TTL:-}
PROVIDER=${PROVIDER:-} NAMESPACE=${NAMESPACE:-esddns-system}
ENVIRONMENT=${ENVIRONMENT:-} SERVICE_TYPE=${SERVICE_TYPE:-}
VALUES=() SET=() INSTALLED=''

parse() {
  while (($# > 0)); do
    case $1 in
      --domain) value_of "$1" $#; DOMAIN=$2; shift ;;
      --record) value_of "$1" $#; RECORD_NAME=$2; shift ;;
      --types) value_of "$1" $#; RECORD_TYPES=$2; shift ;;
      --ttl) value_of "$1" $#; RECORD_TTL=$2; shift ;;
      --provider) value_of "$1" $#; PROVIDER=$2; shift ;;
      --api-key-file) value_of "$1" $#; API_KEY_FILE=$2; shift ;;
      --environment) value_of "$1" $#; ENVIRONMENT=$2; shift ;;
      --service-type) value_of "$1" $#; SERVICE_TYPE=$2; shift ;;
      --dashboard-password-file) value_of "$1" $#; PASSWORD_FILE=$2; shift ;;
      --dashboard-host) value_of "$1" $#; HOST=$2; shift ;;
      --values | -f) value_of "$1" $#; VALUES+=(--values "$2"); shift ;;
      --chart) value_of "$1" $#; CHART=$2; shift ;;
      --release) value_of "$1" $#; RELEASE=$2; shift ;;
      --namespace | -n) value_of "$1" $#; NAMESPACE=$2; shift ;;
      --timeout) value_of "$1" $#; TIMEOUT=$2; shift ;;
      --yes | -y) YES=1 ;;
      --dry-run) DRY_RUN=1 ;;
      --help | -h) usage; exit 0 ;;
      *) fail "$EXIT_SETTINGS" "\"$1\" is not known" "$0 --help shows all options" ;;
    esac
    shift
  done
}

check_settings() {
  case $ENVIRONMENT in '' | production | development) ;; *) fail "$EXIT_SETTINGS" "ENVIRONMENT is \"$ENVIRONMENT\", expected production or development" ;; esac
  case $SERVICE_TYPE in '' | ClusterIP | NodePort | LoadBalancer) ;; *) fail "$EXIT_SETTINGS" "SERVICE_TYPE is \"$SERVICE_TYPE\", expected ClusterIP, NodePort or LoadBalancer" ;; esac
  check_record
  check_namespace "$NAMESPACE"
  [[ -z $HOST ]] || check_host "$HOST"
}

read_installed() { # INSTALLED: the values that were given, `null` for none; empty when nothing is installed
  INSTALLED=$(helm get values "$RELEASE" --namespace "$NAMESPACE" --output yaml 2>/dev/null) || INSTALLED=''
}

ask_for_missing() { # on a terminal, and for a first installation
  if [[ -z $DOMAIN ]] && ((${#VALUES[@]} == 0)); then
    on_terminal || fail "$EXIT_SETTINGS" "Which record? There is no DOMAIN" "export DOMAIN=example.org (and RECORD_NAME=home), or --values FILE"
    DOMAIN=$(ask "Domain, such as example.org")
    RECORD_NAME=$(ask "Name in it; @ is the domain itself" "${RECORD_NAME:-@}")
    RECORD_TTL=$(ask "TTL in seconds" "${RECORD_TTL:-300}")
    [[ $DOMAIN ]] || fail "$EXIT_SETTINGS" "No domain was given"
    check_record
  fi
  [[ -n $ENVIRONMENT ]] || ! on_terminal || ENVIRONMENT=$(ask "production or development" production)
  ENVIRONMENT=${ENVIRONMENT:-production}
  check_settings
}

check_service() {
  case $SERVICE_TYPE in
    NodePort | LoadBalancer)
      [[ $PASSWORD_FILE ]] || secret_exists "$NAMESPACE" "$DASHBOARD_SECRET" ||
        fail "$EXIT_SETTINGS" "A Service of type $SERVICE_TYPE would show the dashboard to others, and it has no password" \
          "esddns password > FILE, and --dashboard-password-file FILE" ;;
  esac
}

# --- what Helm is told. No secret is among it: they are in Secrets that the chart refers to

installed_value() { # installed_value KEY.KEY...: of what was given to Helm so far; nothing when it was not
  awk -v want="$1" '
    match($0, /^ *[^ #-][^ ]*:( |$)/) {
      depth = index($0, $1) - 1
      path = (depth ? substr(path, 1, end[depth - 2]) "." : "") substr($1, 1, length($1) - 1)
      end[depth] = length(path)
      if (path == want) print $2
    }' <<<"$INSTALLED" | tr -d '"'
}

installed_provider() {
  local type
  type=$(installed_value providers.main.type)
  printf '%s' "${type:-gandi}"
}

settle_record() { # on a first installation defaults are chosen, later those that are installed stay
  if [[ -z $INSTALLED ]]; then
    [[ -z $DOMAIN ]] || PROVIDER=${PROVIDER:-gandi}
    return 0
  fi
  ((${#VALUES[@]} > 0)) || [[ $DOMAIN || $(installed_value global.domain) ]] || {
    refuse_setting RECORD_NAME
    [[ $(installed_value recordPerNode) ]] || { refuse_setting RECORD_TYPES && refuse_setting RECORD_TTL; }
  }
}

refuse_setting() { # refuse_setting VARIABLE: with no domain installed it could not take effect
  [[ -z ${!1} ]] || fail "$EXIT_SETTINGS" "The records are in values of yours, and $1 (${!1}) would change none of them" \
    "Change it there: --values FILE"
}

provider_values() { # into SET
  local provider
  case $PROVIDER in
    gandi)
      SET+=(--set-string "gandi.existingSecret.name=$PROVIDER_SECRET")
      [[ -z $(installed_value providers.main.type) ]] || SET+=(--set-json providers.main=null) ;;
    ?*)
      provider="{\"type\":\"$PROVIDER\",\"token\":{\"secretKeyRef\":{\"name\":\"$PROVIDER_SECRET\",\"key\":\"api-key\"}}}"
      SET+=(--set-string gandi.existingSecret.name= --set-json "providers.main=$provider") ;;
  esac
}

collect_values() { # into SET
  if [[ $ENVIRONMENT && -f $CHART/values-$ENVIRONMENT.yaml ]]; then SET+=(--values "$CHART/values-$ENVIRONMENT.yaml"); fi
  SET+=(${VALUES[@]+"${VALUES[@]}"})
  [[ -z $DOMAIN ]] || SET+=(--set-string "global.domain=$DOMAIN")
  [[ -z $RECORD_NAME ]] || SET+=(--set-string "global.recordName=$RECORD_NAME")
  provider_values
  [[ -z $RECORD_TTL ]] || SET+=(--set "global.recordTTL=$RECORD_TTL")
  [[ -z $RECORD_TYPES ]] || SET+=(--set "global.recordTypes={$RECORD_TYPES}")
  [[ -z $SERVICE_TYPE ]] || SET+=(--set-string "service.type=$SERVICE_TYPE")
  [[ -z $PASSWORD_FILE ]] || SET+=(--set-string "dashboard.existingSecret.name=$DASHBOARD_SECRET")
  [[ -z $HOST ]] || SET+=(--set-string "dashboard.hosts={$HOST}")
}

install() { # install first|again: what is not given stays as it is installed
  local back="helm rollback $RELEASE --namespace $NAMESPACE goes back"
  [[ $1 == again ]] || back="helm uninstall $RELEASE --namespace $NAMESPACE takes it away; run this again once it is mended"
  helm upgrade "$RELEASE" "$CHART" --install --reset-then-reuse-values --namespace "$NAMESPACE" \
    --timeout "$TIMEOUT" --wait ${SET[@]+"${SET[@]}"} >&2 && wait_for_pods && return 0
  kubectl get pods --namespace="$NAMESPACE" --selector=app.kubernetes.io/instance="$RELEASE" --output=wide >&2 || true
  fail "$EXIT_NOT_READY" "Helm could not install, or not every pod was ready within $TIMEOUT; the message above says which" \
    "kubectl --namespace=$NAMESPACE logs --selector=app.kubernetes.io/instance=$RELEASE --prefix says what they wait for" \
    "$back"
}

wait_for_pods() { # all of them: for Helm 3 a DaemonSet is ready while as many are missing as may be unavailable
  local workload
  workload=$(kubectl get daemonsets,deployments --namespace="$NAMESPACE" --selector=app.kubernetes.io/instance="$RELEASE" --output=name)
  kubectl rollout status "$workload" --namespace="$NAMESPACE" --timeout="$TIMEOUT" >&2
}

show_manifests() { # of what is installed, if it is, and what is given over it: as the upgrade makes them
  if kubectl version --request-timeout=5s >/dev/null 2>&1; then read_installed; fi
  [[ $INSTALLED ]] || ENVIRONMENT=${ENVIRONMENT:-production}
  settle_record
  collect_values
  printf '%s\n' "${INSTALLED:-null}" | helm template "$RELEASE" "$CHART" --namespace "$NAMESPACE" --values - ${SET[@]+"${SET[@]}"} ||
    fail "$EXIT_SETTINGS" "Helm cannot render the chart; the message above says why"
}

prepare_namespace() { # restricted: the strictest of the Pod Security Standards, which the operator keeps
  kubectl get namespace "$NAMESPACE" --output=name >/dev/null 2>&1 && return 0
  printf '%s\n' 'apiVersion: v1' 'kind: Namespace' 'metadata:' "  name: $NAMESPACE" '  labels:' \
    '    pod-security.kubernetes.io/enforce: restricted' | apply >&2
}

main() {
  parse "$@"
  check_settings
  take_token
  need_tool helm https://helm.sh/docs/intro/install/
  need_kubectl
  if ((DRY_RUN)); then
    show_manifests
    choose_token "${PROVIDER:-$(installed_provider)}"
    say "Nothing is changed. Secret $PROVIDER_SECRET: $([[ $TOKEN ]] && echo "would be written" || echo "would stay as it is")."
    return
  fi
  need_cluster
  local which=first
  read_installed
  if [[ $INSTALLED ]]; then
    which=again
    say "$RELEASE is installed in $NAMESPACE: what is not given stays as it is."
  else
    ask_for_missing
  fi
  settle_record
  choose_token "${PROVIDER:-$(installed_provider)}"
  if [[ $which == first && $DOMAIN ]]; then need_token; fi
  check_service
  collect_values
  confirm "Install $RELEASE into namespace $NAMESPACE of $(context)?"
  prepare_namespace
  if [[ $TOKEN ]]; then printf %s "$TOKEN" | put_secret "$NAMESPACE" "$PROVIDER_SECRET" api-key; fi
  if [[ $PASSWORD_FILE ]]; then read_secret_file "$PASSWORD_FILE" | put_secret "$NAMESPACE" "$DASHBOARD_SECRET" password; fi
  install "$which"
  show_result "$RELEASE"
}

main "$@"
