import type { Refusals } from '../netlink/change-error.ts'
import { EADDRINUSE, EADDRNOTAVAIL, ENETDOWN } from '../netlink/errno.ts'

/** What the kernel's errors mean for a link that is to be up (`dev_open` of its driver). */
export const refusalsOfUp: Refusals = {
  [EADDRINUSE]: {
    why: 'another link on the same parent has its MAC address (EADDRINUSE)',
    mend: 'Give one of the two another MAC address.',
  },
  [EADDRNOTAVAIL]: {
    why: 'its MAC address is none that an interface can have (EADDRNOTAVAIL)',
    mend: 'Give it another one, such as 02:42:ac:11:00:01.',
  },
  [ENETDOWN]: {
    why: 'its parent is down (ENETDOWN)',
    mend: 'Set the parent up first.',
  },
}
