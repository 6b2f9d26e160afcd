import type { InsideChange, InsideState } from '@portolan/host'
import type { Family } from '@portolan/netfilter'
import type { Attachment } from './attachment.ts'
import { routeChange } from './default-routes.ts'

/**
 * What an interface lacks compared with its attachment; null: nothing.
 * @param isKnown - the neighbours know the interface already
 */
export const missingInside = (
  attachment: Attachment,
  state: InsideState,
  isKnown: boolean,
): InsideChange | null => {
  const addresses = attachment.addresses
    .map(({ text }) => text)
    .filter((text) => !state.addresses.includes(text))
  const routes = attachment.addresses.map((address) => routeChange(attachment, state, address))
  const [defaultRoutes, formerRoutes] = [
    routes.flatMap(({ add }) => add),
    routes.flatMap(({ former }) => former),
  ]
  // An ipvlan has the MAC of its parent, so it is not compared.
  const hasMac = attachment.announce === null || attachment.announce === state.mac
  return isKnown && hasMac && addresses.length + defaultRoutes.length + formerRoutes.length === 0
    ? null
    : { addresses, defaultRoutes, formerRoutes, announce: attachment.announce }
}

/**
 * The addresses that an interface has instead of its own. It got them before its endpoint or network got new ones. An
 * interface that has its own address may have further ones.
 */
export const formerAddresses = (attachment: Attachment, state: InsideState): readonly string[] =>
  attachment.addresses.flatMap(({ family, text }) =>
    state.addresses.includes(text)
      ? []
      : state.addresses.filter((one) => familyOf(one) === family && !isLinkLocal(one)),
  )

const familyOf = (text: string): Family => (text.includes(':') ? 'ip6' : 'ip')

/** The kernel gives every interface with IPv6 a link-local address. */
const isLinkLocal = (text: string): boolean => /^fe[89ab]/i.test(text)
