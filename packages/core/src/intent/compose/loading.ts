import { IntentError, InvalidRequestError, type SourcePosition } from '@portolan/netfilter'
import type { Lookup } from '../interpolate.ts'
import { folderOf } from './folder.ts'
import { mergeTrees } from './merge.ts'
import type { ComposeFile, ComposeFilesOptions } from './options.ts'
import { type Reading, readIn, type Value } from './reading.ts'
import { asMap, asRoot, type MapTree, refuse, type Tree } from './tree.ts'
import { readYaml } from './yaml-tree.ts'

/** The functions and bounds with which one reading reads other files. */
export interface Loading {
  readonly reading: Reading
  /** The folder from which the paths in the current files start. */
  readonly folder: string
  readonly file: (path: Value, what: string, folder: string) => ComposeFile
  /** Parses a file once, and returns its root mapping. */
  readonly root: (file: ComposeFile) => MapTree
  readonly variables: (path: Value, what: string, folder: string) => ComposeFile | null
  /** Counts one entry of `include`, wherever it stands, and refuses the first one over the bound. */
  readonly countInclude: (place: SourcePosition, what: string) => void
  /** Whether files of variables can be read. */
  readonly readsVariables: boolean
}

/**
 * The bounds of one reading: the most other files, the most entries of `include`, and the most characters of all files
 * together. Each file has bounds of its own. But if each of twenty files includes the next one twice, the last is read
 * a million times.
 */
export const mostFiles = 1000
export const mostCharacters: number = 32 * 2 ** 20

/** Starts to read files, each once, however often it is named. */
export const startLoading = (
  reading: Reading,
  files: readonly ComposeFile[],
  options: ComposeFilesOptions,
): Loading => {
  const known = new Map<string, ComposeFile>()
  let characters = 0
  const within = (file: ComposeFile, path: Value, what: string): ComposeFile => {
    characters += file.text.length
    if (known.size > mostFiles || characters > mostCharacters)
      refuse(
        path.place,
        `${what}: ${file.source} exceeds the limit for other files: at most ${mostFiles} files and ${mostCharacters / 2 ** 20} MiB are read`,
      )
    return file
  }
  const file = (path: Value, what: string, folder: string): ComposeFile => {
    const key = `${folder}\0${path.text}`
    const before = known.get(key)
    if (before !== undefined) return before
    if (options.load === undefined)
      return refuse(
        path.place,
        `${what}: "${path.text}" is another file, and nothing here reads files: pass \`load\`, or the merged output of \`docker compose config\``,
      )
    const { load } = options
    const loaded = placed(path, what, () => load(path.text, path.place.source, folder))
    known.set(key, loaded)
    return within(loaded, path, what)
  }
  const variables = (path: Value, what: string, folder: string): ComposeFile | null => {
    const loaded = placed(
      path,
      what,
      () => options.loadVariables?.(path.text, path.place.source, folder) ?? null,
    )
    return loaded === null ? null : within(loaded, path, what)
  }
  const roots = new Map<ComposeFile, MapTree>()
  const root = (from: ComposeFile): MapTree => {
    const made = roots.get(from) ?? rootOf(from)
    roots.set(from, made)
    return made
  }
  let includes = 0
  const countInclude = (place: SourcePosition, what: string): void => {
    includes += 1
    if (includes > mostFiles)
      refuse(
        place,
        `${what}: more than ${mostFiles} files are included, counting what included files include`,
      )
  }
  return {
    reading,
    countInclude,
    root,
    folder: options.folder ?? folderOf(files[0]?.source ?? ''),
    file,
    variables,
    readsVariables: options.loadVariables !== undefined,
  }
}

/** Reports a file that cannot be read as a mistake at the place that names it. */
const placed = <T>(path: Value, what: string, load: () => T): T => {
  try {
    return load()
  } catch (cause) {
    if (!(cause instanceof InvalidRequestError)) throw cause
    throw new IntentError(`${what}: ${cause.message}`, path.place, { cause })
  }
}

/** The root of a file that others refer to: its documents merged, later over earlier. */
const rootOf = (file: ComposeFile): MapTree => {
  const tree = readYaml(file.text, file.source)
    .map((one) => asRoot(one))
    .reduce<Tree | null>((below, over) => (below === null ? over : mergeTrees(below, over)), null)
  return (
    asMap(tree, 'a Compose file') ??
    refuse(
      { source: file.source, line: 1, column: 1 },
      'the file is empty: expected `services` or `networks`',
    )
  )
}

/** The same loading, with the variables and paths of an included file. */
export const loadingIn = (loading: Loading, folder: string, lookup: Lookup): Loading => ({
  ...loading,
  folder,
  reading: readIn(loading.reading, lookup),
})
