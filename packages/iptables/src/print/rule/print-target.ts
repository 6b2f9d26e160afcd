import type { Target } from '../../model/option/target.ts'
import { printOptions } from './print-options.ts'

const withOptions = (text: string, options: readonly string[]): string => [text, ...options].join(' ')

/** One target as iptables-save prints it. */
export const printTarget = (target: Target): string => {
  switch (target.kind) {
    case 'verdict':
      return `-j ${target.verdict}`
    case 'jump':
      return `-j ${target.chain}`
    case 'goto':
      return `-g ${target.chain}`
    case 'dnat':
      return withOptions(`-j DNAT --to-destination ${target.to}`, target.options)
    case 'snat':
      return withOptions(`-j SNAT --to-source ${target.to}`, target.options)
    case 'masquerade':
    case 'redirect': {
      const name = target.kind === 'masquerade' ? '-j MASQUERADE' : '-j REDIRECT'
      return withOptions(target.ports === null ? name : `${name} --to-ports ${target.ports}`, target.options)
    }
    case 'reject':
      return target.with === null ? '-j REJECT' : `-j REJECT --reject-with ${target.with}`
    case 'extension':
      return printOptions(`-j ${target.name}`, target.options)
    case 'opaque':
      return target.text
  }
}
