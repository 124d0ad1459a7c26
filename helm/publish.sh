#!/usr/bin/env bash
# Checks, packages and publishes the Helm chart beside this script. Without an option it publishes nothing.
#
# Usage: publish.sh [OPTION...]
#
#   ./publish.sh                                                      # check and package, into build/helm/
#   ./publish.sh --registry oci://ghcr.io/esddns/charts               # and push
#   ./publish.sh --pages ../gh-pages --url https://esddns.github.io/esddns   # and add to a folder that is served
#
#   --registry oci://...   push the package to it. Credentials: helm registry login, or HELM_REGISTRY_USER and
#                          HELM_REGISTRY_PASSWORD in the environment
#   --plain-http           the registry speaks HTTP: for one on this machine
#   --pages DIR --url URL  a folder with index.yaml (the gh-pages branch), and where it is served
#   --sign KEY             sign the package with this key of your GnuPG keyring
#   --output DIR           (default: build/helm beside the chart's repository)
#   --yes                  do not ask
#   --dry-run              check and package only, and say what would be published
#   --help
#
# A version that is published already is never replaced.
# Exit codes: 0 done, 1 refused by the registry, 2 wrong settings or a faulty chart, 3 no tool.

set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../k8s/lib/common.sh
. "$HERE/../k8s/lib/common.sh"

CHART=$HERE/esddns-operator OUTPUT=$HERE/../build/helm REGISTRY='' PAGES='' URL='' KEY='' YES=0 DRY_RUN=0
HELM_PUSH=()
export -n HELM_REGISTRY_PASSWORD # for the login alone, by standard input

parse() {
  while (($# > 0)); do
    case $1 in
      --registry) value_of "$1" $#; REGISTRY=${2%/}; shift ;;
      --plain-http) HELM_PUSH+=(--plain-http) ;;
      --pages) value_of "$1" $#; PAGES=${2%/}; shift ;;
      --url) value_of "$1" $#; URL=${2%/}; shift ;;
      --sign) value_of "$1" $#; KEY=$2; shift ;;
      --output) value_of "$1" $#; OUTPUT=$2; shift ;;
      --yes | -y) YES=1 ;;
      --dry-run) DRY_RUN=1 ;;
      --help | -h) usage; exit 0 ;;
      *) fail "$EXIT_SETTINGS" "\"$1\" is not known" "$0 --help shows all options" ;;
    esac
    shift
  done
}

check_settings() {
  [[ -z $REGISTRY || $REGISTRY == oci://?*/?* ]] ||
    fail "$EXIT_SETTINGS" "\"$REGISTRY\" is no registry, expected oci://HOST/PATH such as oci://ghcr.io/esddns/charts"
  [[ -z $PAGES || -d $PAGES ]] || fail "$EXIT_SETTINGS" "There is no folder \"$PAGES\"" "git worktree add $PAGES gh-pages makes it"
  [[ -z $PAGES || $URL == http*://?* ]] || fail "$EXIT_SETTINGS" "--pages needs --url: where the folder is served"
}

field() { sed -n "s/^$1: *\"\{0,1\}\([^\"]*\)\"\{0,1\} *$/\1/p" "$CHART/Chart.yaml"; }

check_chart() { # as it stands, and with every set of values that comes with it
  local values found=0
  for values in "$CHART"/ci/*-values.yaml; do
    [[ -f $values ]] || continue
    found=1
    helm lint "$CHART" --strict --quiet --values "$values" >&2 ||
      fail "$EXIT_SETTINGS" "The chart is faulty with ${values##*/}; the message above says why"
  done
  ((found)) || fail "$EXIT_SETTINGS" "There is nothing to check the chart with: no ci/*-values.yaml"
}

package() {
  local sign=()
  if [[ $KEY ]]; then sign=(--sign --key "$KEY" --keyring "${GNUPG_KEYRING:-$HOME/.gnupg/secring.gpg}"); fi
  mkdir -p "$OUTPUT"
  helm package "$CHART" --destination "$OUTPUT" ${sign[@]+"${sign[@]}"} >&2
}

push() {
  if [[ ${HELM_REGISTRY_PASSWORD:-} ]]; then
    printf '%s' "$HELM_REGISTRY_PASSWORD" | helm registry login "$(registry_host)" ${HELM_PUSH[@]+"${HELM_PUSH[@]}"} \
      --username "${HELM_REGISTRY_USER:-}" --password-stdin >&2 || fail "$EXIT_REFUSED" "$(registry_host) refused the login"
  fi
  if helm show chart "$REGISTRY/$NAME" --version "$VERSION" ${HELM_PUSH[@]+"${HELM_PUSH[@]}"} >/dev/null 2>&1; then
    say "$REGISTRY/$NAME has $VERSION already; it stays as it is. For a new one raise version in Chart.yaml."
    return
  fi
  helm push "$ARCHIVE" "$REGISTRY" ${HELM_PUSH[@]+"${HELM_PUSH[@]}"} >&2 || fail "$EXIT_REFUSED" "$REGISTRY refused the package" \
    "helm registry login $(registry_host) says who you are"
  say "Install it: helm install $NAME $REGISTRY/$NAME --version $VERSION"
}

registry_host() { local rest=${REGISTRY#oci://}; printf '%s' "${rest%%/*}"; }

add_to_pages() {
  local new merge=()
  if [[ -f $PAGES/${ARCHIVE##*/} ]]; then
    say "$PAGES has $VERSION already; it stays as it is. For a new one raise version in Chart.yaml."
    return
  fi
  new=$(mktemp -d)
  cp "$ARCHIVE"* "$new/"
  if [[ -f $PAGES/index.yaml ]]; then merge=(--merge "$PAGES/index.yaml"); fi
  helm repo index "$new" --url "$URL" ${merge[@]+"${merge[@]}"} >&2
  cp "$new"/* "$PAGES/"
  if [[ -f $HERE/artifacthub-repo.yml ]]; then cp "$HERE/artifacthub-repo.yml" "$PAGES/"; fi
  rm -rf "$new"
  say "Publish it: git -C $PAGES add . && git -C $PAGES commit -m \"Chart $VERSION\" && git -C $PAGES push"
}

main() {
  parse "$@"
  check_settings
  need_tool helm https://helm.sh/docs/intro/install/
  NAME=$(field name) VERSION=$(field version)
  check_chart
  package
  ARCHIVE=$OUTPUT/$NAME-$VERSION.tgz
  say "Packaged:  $ARCHIVE"
  if ((DRY_RUN)) || [[ -z $REGISTRY$PAGES ]]; then
    say "Published: nothing.${REGISTRY:+ It would be pushed to $REGISTRY.}${PAGES:+ It would be added to $PAGES.}"
    return
  fi
  confirm "Publish $NAME $VERSION?"
  if [[ $REGISTRY ]]; then push; fi
  if [[ $PAGES ]]; then add_to_pages; fi
}

main "$@"
