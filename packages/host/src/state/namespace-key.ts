import { readFileSync, readlinkSync } from 'node:fs'
import { PortolanError } from '@portolan/core'

/** Which network namespace of which boot something was done in. */
export interface NamespaceKey {
  /** Inode of the namespace (namespaces(7)): `4026531840`. Unique while it lives. */
  readonly namespace: string
  /** Random, new with every boot (random(4)). */
  readonly bootId: string
}

/**
 * The key of this process's network namespace.
 *
 * @throws PortolanError (`STATE`) where /proc is not mounted
 */
export const namespaceKey = (): NamespaceKey => {
  try {
    const [, namespace = ''] = /^net:\[(\d+)\]$/.exec(readlinkSync('/proc/self/ns/net')) ?? []
    return { namespace, bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() }
  } catch (error) {
    throw new PortolanError(
      'STATE',
      'The network namespace of this process is unknown: /proc is not readable.',
      {
        cause: error,
      },
    )
  }
}
