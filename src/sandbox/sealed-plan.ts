/** What the configuration is told of the seal that it is loaded in. */
export type SealedPlan =
  | { readonly pass: 'list' }
  | {
      readonly pass: 'run'
      /** The folders of results, which are mounts. */
      readonly outputs: readonly string[]
    }
