import { InvalidRequestError } from '@portolan/netfilter'
import { nameAttribute } from './find-link.ts'

/**
 * IFLA_IFNAME: the new name of a link.
 *
 * @throws InvalidRequestError for a name that the kernel would refuse or read in another way: `br%d` asks it for a
 * number (`dev_alloc_name` in net/core/dev.c); all and default are the folders of sysctls for every interface
 * (`sysctl_dev_name_is_allowed` in net/ipv4/devinet.c)
 */
export const newNameAttribute = (name: string): Uint8Array => {
  const attribute = nameAttribute(name)
  if (name.includes('%'))
    throw new InvalidRequestError(
      `"${name}" cannot name an interface: the kernel puts a number in place of "%d". Choose a name without "%".`,
    )
  if (name === 'all' || name === 'default')
    throw new InvalidRequestError(
      `"${name}" cannot name an interface: net.ipv4.conf.${name} holds the settings of all interfaces. Choose another name.`,
    )
  return attribute
}
