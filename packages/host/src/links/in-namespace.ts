import { holdNamespace } from '../namespace/hold-namespace.ts'
import type { NamespaceReference, NetworkNamespace } from '../namespace/network-namespace.ts'
import { attributeU32 } from '../netlink/attribute.ts'
import { IFLA_NET_NS_FD } from '../netlink/rtnetlink.ts'

/** A network namespace that is already held open. */
type OpenNamespace = Pick<NetworkNamespace, 'descriptor' | 'where'>

/**
 * Calls a function with the attribute that names a network namespace. The namespace is held open meanwhile. Otherwise a
 * process could end, and its number could name the next process.
 *
 * @param use - gets the attribute, the namespace in words, and the descriptor that holds it
 * @throws InvalidRequestError when there is no such namespace; PermissionError
 */
export const inNamespace = async <T>(
  reference: NamespaceReference | OpenNamespace,
  use: (attribute: Uint8Array, where: string, descriptor: number) => Promise<T>,
): Promise<T> => {
  if ('descriptor' in reference)
    return use(attributeU32(IFLA_NET_NS_FD, reference.descriptor), reference.where, reference.descriptor)
  const held = holdNamespace(reference)
  try {
    return await use(attributeU32(IFLA_NET_NS_FD, held.descriptor), held.where, held.descriptor)
  } finally {
    held.close()
  }
}
