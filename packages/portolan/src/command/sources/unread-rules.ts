import { type Family, families } from '@portolan/netfilter'
import type { HostRules } from '../../host-rules/host-rules.ts'
import type { OptionName, Options } from '../options/option-table.ts'

/** A file of rules as it was read: the option that names it, its name, and its text. */
export interface RuleFile {
  readonly option: OptionName
  readonly name: string
  readonly text: string
}

interface Saved {
  readonly option: OptionName
  readonly legacy: OptionName
  readonly words: string
}

const saved: Readonly<Record<Family, Saved>> = {
  ip: { option: 'iptables-save', legacy: 'iptables-legacy-save', words: 'IPv4' },
  ip6: { option: 'ip6tables-save', legacy: 'ip6tables-legacy-save', words: 'IPv6' },
}

/**
 * Sentences about what files of rules say that they leave out, and the families that are known to have rules which were
 * not given.
 */
export const unreadRules = (
  options: Options,
  files: readonly RuleFile[],
): Pick<HostRules, 'unread' | 'hidden'> => {
  const hidden = families.filter(
    (family) =>
      options[saved[family].legacy] === undefined && files.some((file) => tellsOfLegacy(file, family)),
  )
  return {
    unread: [
      ...files.filter(isEmpty).map(emptyFile),
      ...hidden.flatMap((family) =>
        files.filter((file) => tellsOfLegacy(file, family)).map((file) => legacyThere(file, family)),
      ),
    ],
    ...(hidden.length === 0 ? {} : { hidden }),
  }
}

/** iptables-nft-save ends with this line. Nothing in nft's JSON tells this (iptables/xtables-save.c). */
const tellsOfLegacy = ({ option, text }: RuleFile, family: Family): boolean =>
  option === saved[family].option && /^# Warning: ip6?tables-legacy tables present/m.test(text)

const legacyThere = ({ name }: RuleFile, family: Family): string =>
  `${name} says that the host has ${saved[family].words} rules of iptables-legacy, which were not given. What they do to packets is not known, so no result about packets is certain. Give them with --${saved[family].legacy}.`

const isEmpty = ({ option, text }: RuleFile): boolean => option !== 'nft-json' && text.trim() === ''

const emptyFile = ({ option, name }: RuleFile): string =>
  `${name} (--${option}) is empty, so it counts as a host without these rules.`

/**
 * Sentences about the facts and rules that no option names. They count as absent, and must not be taken for a host
 * without rules. The list of nft includes the rules of iptables-nft. Each of the other files knows nothing of the rest.
 */
export const missingRules = (options: Options): readonly string[] => [
  ...(options.host === undefined ? [noFacts] : []),
  ...rulesLeftOut(options),
]

const noFacts =
  'No facts of the host were given (--host), so it counts as one without interfaces, addresses and routes: what other machines send to it was not looked at.'

const rulesLeftOut = (options: Options): readonly string[] => {
  if (options['nft-json'] !== undefined) return []
  const left = families.flatMap((family) => {
    const { option, legacy, words } = saved[family]
    return options[option] === undefined && options[legacy] === undefined
      ? [`the ${words} rules of iptables (--${option})`]
      : []
  })
  return left.length === families.length
    ? [nothingGiven]
    : [`Not given, and taken for absent: ${['the rules of nftables (--nft-json)', ...left].join(' and ')}.`]
}

const nothingGiven =
  'No rules of the host were given, so conflicts with them were not looked for. Give them with --nft-json, --iptables-save and --ip6tables-save.'
