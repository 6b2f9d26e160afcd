import { readDotenv } from '../dotenv.ts'
import type { Lookup } from '../interpolate.ts'
import { bindVariables } from './bind-variables.ts'
import { folderOf, pathFrom } from './folder.ts'
import { type Loading, loadingIn } from './loading.ts'
import type { ComposeFile } from './options.ts'
import { readText, readTexts, type Value } from './reading.ts'
import { asList, get, type MapTree, onlyKeys, refuse, type Tree } from './tree.ts'

/** One entry of `include`: files that form one model, with the variables and paths that hold there. */
export interface Include {
  readonly files: readonly ComposeFile[]
  readonly loading: Loading
  /** Binds the variables of the included files to the model. */
  readonly bind: (model: MapTree) => MapTree
}

/** How deep files may include others. Compose has no bound; real files stay below five. */
export const longestChain = 50

/**
 * Lists the entries of a file's `include` (Compose Specification, 14-include).
 *
 * @param chain - the sources whose `include` led here
 */
export const includesOf = (root: MapTree, loading: Loading, chain: readonly string[]): readonly Include[] =>
  asList(get(root, 'include'), 'include').map((item, index) => {
    const what = `include[${index}]`
    loading.countInclude(item.place, what)
    if (chain.length >= longestChain)
      refuse(item.place, `${what}: files include others more than ${longestChain} deep`)
    const map = item.kind === 'map' ? item : null
    const paths = pathsOf(item, loading, what)
    const files = paths.map((path) => {
      const file = loading.file(path, what, loading.folder)
      if (file.source === root.place.source || chain.includes(file.source))
        refuse(path.place, `${what}: ${file.source} includes itself in the end`)
      return file
    })
    const folder = folderOfInclude(map, paths, loading, what)
    const own = variablesOf(map, folder, loading, what)
    const lookup: Lookup = (name) => loading.reading.lookup(name) ?? own.get(name)
    return {
      files,
      loading: loadingIn(loading, folder, lookup),
      bind: (model) => (own.size === 0 ? model : bindVariables(model, lookup)),
    }
  })

const pathsOf = (item: Tree, { reading }: Loading, what: string): readonly Value[] => {
  if (item.kind !== 'map') return readTexts(reading, item, what)
  onlyKeys(item, ['path', 'project_directory', 'env_file'], what)
  const path = get(item, 'path') ?? refuse(item.place, `${what}: expected a \`path\``)
  return readTexts(reading, path, `${what}.path`)
}

/** The folder from which the paths in an included file start: `project_directory`, or else the file's own folder. */
const folderOfInclude = (
  map: MapTree | null,
  paths: readonly Value[],
  { reading, folder }: Loading,
  what: string,
): string => {
  const written = readText(reading, get(map, 'project_directory'), `${what}.project_directory`)
  return written === null || written.text === ''
    ? folderOf(pathFrom(folder, paths[0]?.text ?? ''))
    : pathFrom(folder, written.text)
}

/**
 * The variables of an included file that the project does not set. They come from the files in `env_file`, or else from
 * the `.env` in its folder. A later file wins over an earlier one (compose-go, dotenv `GetEnvFromFile`).
 */
const variablesOf = (
  map: MapTree | null,
  folder: string,
  loading: Loading,
  what: string,
): ReadonlyMap<string, string> => {
  const own = new Map<string, string>()
  const take = (file: ComposeFile): void => {
    const lookup: Lookup = (name) => loading.reading.lookup(name) ?? own.get(name)
    const read = readDotenv(file.text, file.source, lookup, (name, place) =>
      loading.reading.note(`"${name}" is no name of a variable: the line has no effect`, place),
    )
    for (const [name, value] of Object.entries(read)) own.set(name, value)
  }
  const named = get(map, 'env_file')
  if (named === null) {
    const place = map?.place ?? { source: '', line: 1, column: 1 }
    const found = loading.variables({ text: '.env', place, inset: null }, what, folder)
    if (found !== null) take(found)
    return own
  }
  if (!loading.readsVariables)
    refuse(
      named.place,
      `${what}: \`env_file\` is not supported here: set its variables in the project's .env, or pass \`loadVariables\``,
    )
  for (const path of readTexts(loading.reading, named, `${what}.env_file`))
    take(
      loading.variables(path, `${what}.env_file`, loading.folder) ??
        refuse(path.place, `${what}.env_file: there is no file ${pathFrom(loading.folder, path.text)}`),
    )
  return own
}
