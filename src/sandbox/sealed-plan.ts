/** What the configuration is told of the seal that it is loaded in. */
export type SealedPlan =
  | { readonly pass: 'list' }
  | {
      readonly pass: 'run'
      /** The folders of results, which are mounts. */
      readonly outputs: readonly string[]
      /** In place of those of the configuration. */
      readonly reporters?: readonly (readonly [name: string, options?: unknown])[] | undefined
      /** Test files whose verdicts are remembered: they do not run. */
      readonly held?: readonly string[] | undefined
    }
