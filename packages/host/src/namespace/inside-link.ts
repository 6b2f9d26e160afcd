import { checkInsideName, type Runner } from '@portolan/core'
import { InspectError } from '@portolan/netfilter'
import type { HeldNamespace } from './hold-namespace.ts'
import { refusal } from './inside.ts'
import type { InsideLink } from './network-namespace.ts'

interface LinkJson {
  readonly address?: string
  readonly ifalias?: string
  readonly mtu?: number
  readonly linkinfo?: { readonly info_kind?: string }
}

const isAbsent = (stderr: string): boolean => /does not exist|Cannot find device/.test(stderr)

/** Reads one interface in a namespace; null: there is no such interface. */
export const readLinkInside = async (
  runner: Runner,
  { path, where }: HeldNamespace,
  name: string,
): Promise<InsideLink | null> => {
  checkInsideName(name)
  const result = await runner.run('nsenter', [`--net=${path}`, 'ip', '-d', '-j', 'link', 'show', 'dev', name])
  if (result.exitCode !== 0) {
    if (isAbsent(result.stderr)) return null
    throw refusal(`read ${name} in ${where}`, result)
  }
  try {
    const [link] = JSON.parse(result.stdout) as readonly LinkJson[]
    const { address = '', ifalias = '', mtu = 0, linkinfo } = link ?? {}
    return { kind: linkinfo?.info_kind ?? '', mac: address, alias: ifalias, mtu }
  } catch (cause) {
    throw new InspectError(
      'What ip -j printed of a network namespace is not JSON: is its iproute2 older than 4.14?',
      { command: 'ip', exitCode: 0, stderr: result.stderr },
      { cause },
    )
  }
}

/** Removes one interface in a namespace. */
export const removeLinkInside = async (
  runner: Runner,
  { path, where }: HeldNamespace,
  name: string,
): Promise<void> => {
  checkInsideName(name)
  const result = await runner.run('nsenter', [`--net=${path}`, 'ip', 'link', 'delete', 'dev', name])
  if (result.exitCode !== 0 && !isAbsent(result.stderr)) throw refusal(`remove ${name} in ${where}`, result)
}
