import type { NamespaceReference } from '../namespace/network-namespace.ts'
import type { LinkSpec } from './link-spec.ts'
import type { Links } from './links.ts'

/**
 * Links of every kind, beside what Portolan itself needs of a host. As with `Links`, what the kernel refuses is an
 * `ApplyError` that names the errno, and what cannot be one is an `InvalidRequestError` before anything is changed.
 *
 * @example
 * const links = openLinks()
 * await links.createVlan({ name: 'eth1.100', parent: 'eth1', id: 100, up: true })
 * await links.createMacvlan({ name: 'eth0', parent: 'eth1.100', netns: { pid: 4242 }, up: true })
 * links.close()
 * @public @since 0.1.0
 */
export interface LinkOperations extends Links {
  /** A link that drops what it is sent. A kernel without CONFIG_DUMMY has none, which the error says. */
  createDummy(link: LinkSpec): Promise<void>
  /** Deletes a link that some program made, of whatever kind; one that is not there is no error. */
  deleteLink(name: string): Promise<void>
  /** Gives a link another name. Kernels before 6.2 refuse it while the link is up. */
  renameLink(name: string, to: string): Promise<void>
  setMac(name: string, mac: string): Promise<void>
  /** In bytes, 68 to 65535. */
  setMtu(name: string, mtu: number): Promise<void>
  /**
   * Moves a link to another network namespace, under another name if one is given. The kernel sets it down there, and
   * its addresses and routes are gone. Where the name is taken there, the link stays as it is.
   */
  moveLink(name: string, netns: NamespaceReference, as?: string): Promise<void>
}
