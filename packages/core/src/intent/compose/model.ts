import type { SourcePosition } from '@portolan/netfilter'
import { beside } from './beside.ts'
import { resolveExtends } from './extends.ts'
import { includesOf } from './include.ts'
import type { Loading } from './loading.ts'
import { mergeTrees } from './merge.ts'
import type { ComposeFile } from './options.ts'
import { asMap, asRoot, type MapTree, refuse } from './tree.ts'
import { readYaml } from './yaml-tree.ts'

/**
 * Merges several Compose files into one. `include` and `extends` are resolved in each file, then each file is merged
 * over those before it.
 *
 * @param chain - the sources whose `include` led here
 */
export const readModel = (
  files: readonly ComposeFile[],
  loading: Loading,
  chain: readonly string[] = [],
): MapTree => {
  const model = files
    .flatMap((file) => readYaml(file.text, file.source).map((tree) => asRoot(tree)))
    .reduce<MapTree | null>((earlier, root) => {
      const resolved = resolveExtends(withIncludes(root, loading, chain), earlier, loading)
      return earlier === null
        ? resolved
        : (asMap(mergeTrees(earlier, resolved), 'a Compose file') ?? resolved)
    }, null)
  const place: SourcePosition = { source: files[0]?.source ?? 'compose.yaml', line: 1, column: 1 }
  return model ?? refuse(place, 'the file is empty: expected `services` or `networks`')
}

const withIncludes = (root: MapTree, loading: Loading, chain: readonly string[]): MapTree =>
  includesOf(root, loading, chain).reduce<MapTree>(
    (sum, { files, loading: inner, bind }) =>
      beside(sum, bind(readModel(files, inner, [...chain, root.place.source])), loading.reading),
    root,
  )
