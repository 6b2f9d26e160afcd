import { type HostFacts, parseHostFacts } from '@portolan/netfilter'
import { hostFiles } from '../options/option-sets.ts'
import type { Options } from '../options/option-table.ts'
import { readText, sourceName } from './read-text.ts'

/** Do files describe another host, so that nothing is read from this one? */
export const usesFiles = (options: Options): boolean => hostFiles.some((name) => options[name] !== undefined)

/**
 * The facts that the options name: from a file, or of this host.
 *
 * @param how - what is read of this host beyond the usual facts
 * @throws ParseError for a file that does not hold facts
 */
export const readFacts = async (
  options: Options,
  how: { readonly addressesInUse?: boolean } = {},
): Promise<HostFacts> => {
  if (options.host !== undefined)
    return parseHostFacts(readText(options.host, 'facts'), sourceName(options.host))
  if (usesFiles(options)) return {}
  // This is loaded only when this host is asked. A command that works from files alone starts in half the time.
  const { readHost } = await import('@portolan/host')
  return readHost(how)
}
