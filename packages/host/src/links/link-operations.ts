import type { NamespaceReference } from '../namespace/network-namespace.ts'
import type { LinkSpec } from './link-spec.ts'
import type { Links } from './links.ts'

/**
 * Links of every kind, beyond what Portolan itself needs. As with `Links`, a refusal of the kernel is an `ApplyError`
 * that names the errno. An impossible value is an `InvalidRequestError`, thrown before anything is changed.
 *
 * @example
 * const links = openLinks()
 * await links.createVlan({ name: 'eth1.100', parent: 'eth1', id: 100, up: true })
 * await links.createMacvlan({ name: 'eth0', parent: 'eth1.100', netns: { pid: 4242 }, up: true })
 * links.close()
 * @public @since 0.1.0
 */
export interface LinkOperations extends Links {
  /** Makes a link that drops each packet sent to it. A kernel without CONFIG_DUMMY has none, and the error says so. */
  createDummy(link: LinkSpec): Promise<void>
  /** Deletes a link of any kind that a program made. A missing link is no error. */
  deleteLink(name: string): Promise<void>
  /** Gives a link another name. Kernels before 6.2 refuse it while the link is up. */
  renameLink(name: string, to: string): Promise<void>
  setMac(name: string, mac: string): Promise<void>
  /** Sets the MTU in bytes, 68 to 65535. */
  setMtu(name: string, mtu: number): Promise<void>
  /**
   * Moves a link to another network namespace, under another name if one is given. There the link is down, without its
   * addresses and routes. Where the name is taken there, the link stays as it is.
   */
  moveLink(name: string, netns: NamespaceReference, as?: string): Promise<void>
}
