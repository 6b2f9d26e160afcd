interface NamedNetwork {
  readonly project: string
  readonly network: string
}

/** What is known of networks where a word for one is typed. */
export interface KnownNetworks {
  /** The project of -p; null: none is named. */
  readonly named: string | null
  /** The Compose file that is named or found here; null: there is none. */
  readonly file: { readonly project: string; readonly networks: readonly string[] } | null
  /** -f names the file. Then -p only names its project. */
  readonly isFileNamed: boolean
  /** The managed networks on this host. */
  readonly here: readonly NamedNetwork[]
}

/**
 * The words for a network that `attach` understands (`projectOfNetwork`). A network of the project that is meant goes
 * by its name. Where no project is meant, so does a network of which there is only one of the name. Any other network
 * goes by project and name, unless -p excludes it.
 */
export const networksToAttach = ({ named, file, isFileNamed, here }: KnownNetworks): readonly string[] => {
  const isMeant = file !== null && (named === null || isFileNamed || named === file.project)
  const project = named ?? file?.project ?? null
  const own = [
    ...(isMeant ? (file?.networks ?? []) : []),
    ...here.filter((one) => one.project === project).map(({ network }) => network),
  ]
  if (named !== null) return own
  const others = here
    .filter((one) => one.project !== project)
    .map((one) => {
      const isOnly = here.filter(({ network }) => network === one.network).length === 1
      return project === null && isOnly ? one.network : `${one.project}/${one.network}`
    })
  return [...own, ...others]
}
