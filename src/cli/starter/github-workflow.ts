/** A workflow of GitHub Actions: its hosted runners for Linux have KVM, but not for everyone. */
export const githubWorkflow = `name: machines

on:
  push:
    branches: [main]
  pull_request:

permissions:
  contents: read

jobs:
  test:
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      - run: npm ci

      - name: Let everyone on this runner use KVM
        run: |
          echo 'KERNEL=="kvm", GROUP="kvm", MODE="0666", OPTIONS+="static_node=kvm"' | sudo tee /etc/udev/rules.d/99-kvm.rules
          sudo udevadm control --reload-rules
          sudo udevadm trigger --name-match=kvm
      - name: Let images from packages be built without root
        run: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0
      # Ubuntu's own sources of packages have no Debian. Leave this out if you name a mirror of your own in FLEDGE_MIRROR.
      - name: Ask a container of Debian for its mirror
        run: |
          mirror=$(docker run --rm debian:13 sed -n 's/^URIs: //p' /etc/apt/sources.list.d/debian.sources | head -n 1)
          echo "FLEDGE_MIRROR=$mirror" >> "$GITHUB_ENV"
      - run: npx fledge doctor --fix

      # Images and templates: the first run builds and boots them, later ones only clone.
      - uses: actions/cache@v4
        with:
          path: ~/.cache/fledge
          key: fledge-\${{ runner.os }}-\${{ hashFiles('package-lock.json') }}-\${{ github.run_id }}
          restore-keys: |
            fledge-\${{ runner.os }}-\${{ hashFiles('package-lock.json') }}-
            fledge-\${{ runner.os }}-

      - run: npx fledge test --forbid-only --reporter list,github,html

      - name: Keep the evidence of failures
        if: \${{ !cancelled() }}
        uses: actions/upload-artifact@v4
        with:
          name: evidence
          path: |
            playwright-report
            test-results
          if-no-files-found: ignore
      - name: Keep the cache small
        if: \${{ !cancelled() }}
        run: npx fledge cache prune --older-than 7d
`
