import { lackOf, programEnd } from '@portolan/core'
import { createRunner } from '@portolan/host'
import { CniError, cniCodes } from '../cni-error.ts'

/** An interface inside a container. */
export interface InsideInterface {
  readonly isUp: boolean
  /** The addresses with their prefix lengths. */
  readonly addresses: readonly string[]
}

interface ListedLink {
  readonly flags?: readonly string[]
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[]
}

/**
 * Reads an interface of another network namespace. Only a separate program can enter that namespace.
 * @returns null where no interface has this name
 */
export const readInterface = async (netns: string, name: string): Promise<InsideInterface | null> => {
  const result = await createRunner().run('nsenter', [
    `--net=${netns}`,
    '--',
    ...['ip', '-json', 'address', 'show', 'dev', name],
  ])
  if (result.exitCode !== 0) {
    if (/does not exist/.test(result.stderr)) return null
    const { why, mend } = lackOf(result) ?? { why: programEnd(result), mend: 'Run this again.' }
    throw new CniError(cniCodes.io, `${name} in ${netns} could not be read: ${why}.`, { details: mend })
  }
  const [link] = JSON.parse(result.stdout) as readonly ListedLink[]
  if (link === undefined) return null
  const { flags = [], addr_info: listed = [] } = link
  return {
    isUp: flags.includes('UP'),
    addresses: listed.map(({ local = '', prefixlen = 0 }) => `${local}/${prefixlen}`),
  }
}
