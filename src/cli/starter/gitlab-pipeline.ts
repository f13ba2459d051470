/** A pipeline of GitLab, for runners that start containers. */
export const gitlabPipeline = `# The runner has to let its containers make namespaces, and should give them KVM. In its config.toml, below [runners.docker]:
#   privileged = true
#   devices = ["/dev/kvm"]
# Without KVM machines are emulated, which is slower.
machines:
  image: debian:13
  variables:
    # GitLab keeps only what is in the folder of the project.
    FLEDGE_CACHE: $CI_PROJECT_DIR/.fledge-cache
    PLAYWRIGHT_JUNIT_OUTPUT_NAME: test-results/junit.xml
  before_script:
    - apt-get -q update
    - apt-get -yq install --no-install-recommends ca-certificates nodejs npm
    - npm ci
    - npx fledge doctor --fix
  script:
    - npx fledge test --forbid-only --reporter list,junit,html
  after_script:
    - npx fledge cache prune --older-than 7d
  cache:
    # Images and templates: the first run builds and boots them, later ones only clone.
    key:
      files: [package-lock.json]
      prefix: fledge
    fallback_keys: [fledge]
    paths: [.fledge-cache]
    when: always
  artifacts:
    name: evidence
    when: always
    paths: [playwright-report, test-results]
    reports:
      junit: test-results/junit.xml
`
