#!/usr/bin/env bash
# Hands ESDDNS over to Argo CD: namespace, Secret with the provider's token, AppProject and Application. Safe to run again
# with the same options: one that is left out goes back to its default.
#
# Usage: argocd-setup.sh dev|prod|both [OPTION...]
#
#   export GANDI_API_KEY=... DOMAIN=example.org
#   ./argocd-setup.sh both
#
#   --domain NAME        DOMAIN        the zone; the records are dev.NAME and home.NAME unless --record says another
#   --record NAME        RECORD_NAME   the name in it; @ is the zone itself. With `both` it needs two names: leave it out
#   --kustomize                        the Application of the overlay, in place of that of the Helm chart
#   --repo URL                         where Argo CD gets it, such as your fork
#   --revision NAME                    branch, tag or commit (default: dev main, prod the release)
#   --api-key-file FILE                Gandi's token; - is standard input. Or, in the environment: GANDI_API_KEY or
#                                      API_KEY. Another provider is written into the Application
#   --argocd-namespace NAME            where Argo CD is (default: argocd)
#   --timeout TIME                     how long dev gets to be synced (default: 300s)
#   --no-wait                          do not wait for that
#   --yes                              do not ask
#   --dry-run                          change nothing: print the manifests
#   --help
#
# Exit codes: 0 done, 1 refused by the cluster, 2 wrong or missing settings, 3 no tool or no cluster, 4 not ready in time.

set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../../k8s/lib/common.sh
. "$HERE/../k8s/lib/common.sh"
# shellcheck source=../../k8s/lib/record.sh
. "$HERE/../k8s/lib/record.sh"
# shellcheck source=../../k8s/lib/token.sh
. "$HERE/../k8s/lib/token.sh"

ENVIRONMENTS='' APPLICATION=helm REPO='' REVISION='' API_KEY_FILE='' ARGOCD=argocd TIMEOUT=300s WAIT=1 YES=0 DRY_RUN=0
DOMAIN=${DOMAIN:-} RECORD_NAME=${RECORD_NAME:-} PROVIDER=gandi
ORIGIN=https://github.com/esddns/esddns

parse() {
  while (($# > 0)); do
    case $1 in
      --domain) value_of "$1" $#; DOMAIN=$2; shift ;;
      --record) value_of "$1" $#; RECORD_NAME=$2; shift ;;
      --kustomize) APPLICATION=kustomize ;;
      --repo) value_of "$1" $#; REPO=$2; shift ;;
      --revision) value_of "$1" $#; REVISION=$2; shift ;;
      --api-key-file) value_of "$1" $#; API_KEY_FILE=$2; shift ;;
      --argocd-namespace) value_of "$1" $#; ARGOCD=$2; shift ;;
      --timeout) value_of "$1" $#; TIMEOUT=$2; shift ;;
      --no-wait) WAIT=0 ;;
      --yes | -y) YES=1 ;;
      --dry-run) DRY_RUN=1 ;;
      --help | -h) usage; exit 0 ;;
      dev | prod) ENVIRONMENTS=$1 ;;
      both) ENVIRONMENTS='dev prod' ;;
      *) fail "$EXIT_SETTINGS" "\"$1\" is not known, expected dev, prod, both or an option" "$0 --help shows all" ;;
    esac
    shift
  done
}

check_settings() {
  [[ $ENVIRONMENTS ]] || fail "$EXIT_SETTINGS" "Which environment? $0 dev, $0 prod, or $0 both" "$0 --help shows more"
  [[ -n $DOMAIN ]] || ! on_terminal || DOMAIN=$(ask "Domain, such as example.org")
  [[ $DOMAIN ]] || fail "$EXIT_SETTINGS" "Which record? There is no DOMAIN" "export DOMAIN=example.org (and RECORD_NAME=home)"
  [[ -z $RECORD_NAME || $ENVIRONMENTS != *' '* ]] || fail "$EXIT_SETTINGS" "dev and prod cannot both publish $RECORD_NAME" \
    "Run it for each: $0 dev --record ..., $0 prod --record ..."
  refuse_domain_in_name
  is_domain "$(full_name "${RECORD_NAME:-home}" "$DOMAIN")" ||
    fail "$EXIT_SETTINGS" "\"$(full_name "${RECORD_NAME:-home}" "$DOMAIN")\" is no domain name"
  check_namespace "$ARGOCD"
  [[ -z $REPO || $REPO =~ ^(https://|ssh://|git@)[A-Za-z0-9@:/._~-]+$ ]] || fail "$EXIT_SETTINGS" "\"$REPO\" is no repository's URL"
  [[ $REVISION =~ ^[A-Za-z0-9._/-]*$ ]] || fail "$EXIT_SETTINGS" "\"$REVISION\" is no branch, tag or commit"
}

need_argocd() {
  kubectl get crd applications.argoproj.io appprojects.argoproj.io --output=name >/dev/null 2>&1 && return 0
  fail "$EXIT_SETTINGS" "The cluster has no Argo CD" "Install it (https://argo-cd.readthedocs.io/):" \
    "kubectl create namespace $ARGOCD" \
    "kubectl apply --server-side --namespace=$ARGOCD --filename=https://raw.githubusercontent.com/argoproj/argo-cd/v3.5.1/manifests/install.yaml"
}

# --- what is applied

namespace_of() { sed -n 's/^      namespace: //p' "$HERE/$1/project.yaml"; }

render() { # render ENVIRONMENT: its project and Application with what was given in the place of the defaults
  local record=home
  [[ $1 == prod ]] || record=dev
  [[ -z $RECORD_NAME ]] || record=$RECORD_NAME
  {
    cat "$HERE/$1/project.yaml"
    printf -- '---\n'
    cat "$HERE/$1/application-$APPLICATION.yaml"
  } | sed -e "s|^\( *domain: \)example\.org.*|\1$DOMAIN|" \
    -e "s|^\( *recordName: \)[a-z]*$|\1\"$record\"|" \
    -e "s|^\( *- name: \)[a-z]*\.example\.org.*|\1\"$(full_name "$record" "$DOMAIN")\"|" \
    -e "s|^\(  namespace: \)argocd$|\1$ARGOCD|" \
    -e "s|$ORIGIN$|${REPO:-$ORIGIN}|" \
    ${REVISION:+-e "s|^\( *targetRevision: \).*|\1$REVISION|"}
}

namespace_manifest() { # as managedNamespaceMetadata has it: the Secret needs it before the first sync
  printf '%s\n' 'apiVersion: v1' 'kind: Namespace' 'metadata:' "  name: $1" '  labels:' \
    '    pod-security.kubernetes.io/enforce: restricted' '    pod-security.kubernetes.io/warn: restricted' \
    '    pod-security.kubernetes.io/audit: restricted'
}

set_up() { # set_up ENVIRONMENT
  NAMESPACE=$(namespace_of "$1")
  need_token
  namespace_manifest "$NAMESPACE" | apply >&2
  if [[ $TOKEN ]]; then printf %s "$TOKEN" | put_secret "$NAMESPACE" "$PROVIDER_SECRET" api-key; fi
  # As `kubectl apply -k argocd/dev/` does it, so that one can follow the other
  render "$1" | kubectl apply --filename=- >&2 ||
    fail "$EXIT_REFUSED" "The cluster refused the manifests; the message above says why"
}

show_result() { # show_result ENVIRONMENT
  local condition
  if [[ $1 == prod ]]; then
    say "esddns-prod is synced by hand: argocd app sync esddns-prod, or in Argo CD's pages."
    return
  fi
  ((WAIT)) || return 0
  say "Waiting for esddns-dev to be synced ..."
  for condition in '{.status.sync.status}'=Synced '{.status.health.status}'=Healthy; do
    kubectl wait application/esddns-dev --namespace="$ARGOCD" --for=jsonpath="$condition" --timeout="$TIMEOUT" >&2 ||
      fail "$EXIT_NOT_READY" "esddns-dev was not synced and healthy within $TIMEOUT" \
        "kubectl --namespace=$ARGOCD describe application esddns-dev says why"
  done
}

main() {
  local name
  parse "$@"
  check_settings
  take_token
  choose_token "$PROVIDER"
  need_kubectl
  if ((DRY_RUN)); then
    say "Nothing is changed. Secret $PROVIDER_SECRET: $([[ $TOKEN ]] && echo "would be written" || echo "would stay as it is")."
    for name in $ENVIRONMENTS; do
      namespace_manifest "$(namespace_of "$name")" && printf -- '---\n' && render "$name" && printf -- '---\n'
    done
    return
  fi
  need_cluster
  need_argocd
  confirm "Hand $ENVIRONMENTS over to Argo CD in $(context)?"
  for name in $ENVIRONMENTS; do set_up "$name"; done
  for name in $ENVIRONMENTS; do show_result "$name"; done
}

main "$@"
