# shellcheck shell=bash
# What deploy.sh applies; sourced by it, never run.

render() { # prints them; from a copy, because kustomize takes no file from outside of its folder
  local name this=$WORK/k8s/this overlay=$HERE/overlays/$ENVIRONMENT/kustomization.yaml
  rm -rf "$WORK/k8s"
  mkdir -p "$this"
  cp -R "$HERE/base" "$HERE/components" "$HERE/overlays" "$WORK/k8s/"
  cp "$WORK/esddns.yaml" "$this/"
  {
    printf '%s\n' "namespace: $NAMESPACE" "resources: [../overlays/$ENVIRONMENT]" \
      'configMapGenerator: [{ name: esddns-config, behavior: merge, files: [esddns.yaml] }]'
    if [[ $IMAGE ]]; then image_override; fi
    printf 'components: # besides those of the overlay\n'
    for name in ${COMPONENTS[@]+"${COMPONENTS[@]}"}; do
      grep -q "components/$name\$" "$overlay" || printf '  - ../components/%s\n' "$name"
    done
    remember
    if ((${#ANNOTATIONS[@]} > 0)) && is_shown; then service_annotations; fi
  } >"$this/kustomization.yaml"
  kubectl kustomize "$this"
}

image_override() {
  local tag=''
  [[ ${IMAGE##*/} != *:* ]] || tag=${IMAGE##*:}
  printf 'images: [{ name: ghcr.io/esddns/esddns, newName: "%s"%s }]\n' "${IMAGE%":$tag"}" "${tag:+, newTag: \"$tag\"}"
}

remember() { # for the next time, on the DaemonSet
  printf '%s\n' 'patches:' '  - patch: |' '      apiVersion: apps/v1' '      kind: DaemonSet' \
    '      metadata:' '        name: esddns-operator' '        annotations:' "          $DEPLOYED_WITH: |"
  deployed_with | sed 's/^/            /'
}

service_annotations() {
  printf '%s\n' '  - patch: |' '      apiVersion: v1' '      kind: Service' \
    '      metadata:' '        name: esddns' '        annotations:'
  printf '%s\n' "${ANNOTATIONS[@]}" | sed -e 's/["\\]/\\&/g' -e 's/^\([^=]*\)=\(.*\)/          "\1": "\2"/'
}
