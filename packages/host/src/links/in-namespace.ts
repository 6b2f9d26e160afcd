import { holdNamespace } from '../namespace/hold-namespace.ts'
import type { NamespaceReference, NetworkNamespace } from '../namespace/network-namespace.ts'
import { attributeU32 } from '../netlink/attribute.ts'
import { IFLA_NET_NS_FD } from '../netlink/rtnetlink.ts'

/** One that is held open already. */
type OpenNamespace = Pick<NetworkNamespace, 'descriptor' | 'where'>

/**
 * Does something with the attribute that names a network namespace. It is held open meanwhile, so that the number of a
 * process that ends is not taken for the next process of that number.
 *
 * @param use - is given the attribute, the namespace in words, and the descriptor that holds it
 * @throws InvalidRequestError when there is none; PermissionError
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
