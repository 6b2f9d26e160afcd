import { InvalidRequestError } from '@portolan/netfilter'
import { checkText } from '@portolan/netfilter/schema'

/**
 * Refuses a name for the interface of a container that the kernel, `ip -batch` or a path under /proc/sys would not take
 * as it is. "#" begins a comment there, "%d" asks the kernel for a number (`dev_alloc_name`), and all, default and lo
 * mean something else.
 *
 * @throws InvalidRequestError
 * @example
 * checkInsideName('eth0')
 * @public @since 0.1.0
 */
export const checkInsideName = (name: string): void => {
  checkText(name, 'name')
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(name) && !['all', 'default', 'lo'].includes(name)) return
  throw new InvalidRequestError(
    `${JSON.stringify(name)} cannot name the interface of a container: expected 1 to 15 letters, digits, ".", "-" and "_" such as eth0, and not all, default or lo.`,
  )
}
