import { lookupIn } from '../interpolate.ts'
import { checkComposeFiles } from './check-options.ts'
import { startLoading } from './loading.ts'
import { readModel } from './model.ts'
import type { ComposeFile, ComposeFilesOptions } from './options.ts'
import { readValue, startReading } from './reading.ts'
import { asList, asMap, entriesOf, getGiven } from './tree.ts'

/**
 * The profiles that services of Compose files name, sorted. Nothing else of the services is checked.
 *
 * @throws as `readComposeFiles`, for a file or a list of profiles that cannot be read
 * @example
 * const text = 'services: {web: {}, debug: {profiles: [tools]}}'
 * composeProfiles([{ text, source: 'compose.yaml' }]) // ['tools']
 * @public @since 0.1.0
 */
export const composeProfiles = (
  files: readonly ComposeFile[],
  options: ComposeFilesOptions = {},
): readonly string[] => {
  checkComposeFiles(files, options)
  const lookup = lookupIn(options.environment ?? {}, lookupIn(options.dotenv ?? {}))
  const { reading } = startReading(lookup)
  const root = readModel(files, startLoading(reading, files, options))
  const named = entriesOf(asMap(getGiven(root, 'services', 'the file'), 'services')).flatMap(
    ([name, { value }]) => {
      const path = `services.${name}.profiles`
      const body = asMap(value, `services.${name}`)
      if (body === null) return []
      return asList(getGiven(body, 'profiles', `services.${name}`), path).map(
        (tree, index) => readValue(reading, tree, `${path}[${index}]`).text,
      )
    },
  )
  return [...new Set(named)].sort()
}
