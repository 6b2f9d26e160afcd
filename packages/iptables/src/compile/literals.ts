import { type Family, InvalidRequestError } from '@portolan/netfilter'

/**
 * A prefix as iptables-save writes it, always with its length. Null for a prefix of length 0, which iptables-save
 * leaves out.
 * @throws InvalidRequestError when the text has other characters than an address: it goes into a ruleset
 */
export const prefixLiteral = (text: string, family: Family): string | null => {
  const [address = '', length = family === 'ip' ? '32' : '128', ...more] = text.split('/')
  const shape = family === 'ip' ? /^\d{1,3}(\.\d{1,3}){3}$/ : /^[0-9a-f]*:[0-9a-f:.]*$/
  const bits = Number(length)
  const fits = /^\d{1,3}$/.test(length) && bits <= (family === 'ip' ? 32 : 128)
  if (more.length > 0 || !shape.test(address) || !fits) {
    throw new InvalidRequestError(`"${text}" is not an ${family === 'ip' ? 'IPv4' : 'IPv6'} prefix.`)
  }
  return bits === 0 ? null : `${address}/${bits}`
}

/** Checks a single address without a length. */
export const addressLiteral = (text: string, family: Family): string => {
  const prefix = prefixLiteral(text, family)
  if (text.includes('/') || prefix === null) throw new InvalidRequestError(`"${text}" is not an address.`)
  return text
}

/** An address and port: `172.17.0.2:80`, `[fd00::2]:80`. */
export const socketLiteral = (address: string, port: number, family: Family): string => {
  const literal = addressLiteral(address, family)
  // The parts are joined by `join`. V8 keeps a text made in a template as a tree of its parts.
  return [family === 'ip' ? literal : `[${literal}]`, port].join(':')
}

/** Can iptables write this interface name? */
export const isInterfaceLiteral = (name: string): boolean =>
  /^[A-Za-z0-9_.:@#%~^=-]{1,15}$/.test(name) && !name.startsWith('-')

/**
 * Checks that iptables can write an interface name. iptables prints names without quotes, and takes a final `+` as a
 * wildcard for every name with that start.
 */
export const interfaceLiteral = (name: string): string => {
  if (!isInterfaceLiteral(name)) {
    throw new InvalidRequestError(
      `The interface name "${name}" cannot be used with iptables: 1 to 15 letters, digits and any of _ . : @ # % ~ ^ = - are possible.`,
    )
  }
  return name
}
