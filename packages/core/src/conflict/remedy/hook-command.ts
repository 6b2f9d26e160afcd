type Words = readonly string[]

/**
 * Whether a command is one that a hook is made of, or taken back with: what `remedy.hook` of a conflict can say, and
 * nothing else. Commands that were written down are held to this before they run as root.
 *
 * @param name - of the hook: `DOCKER-USER`, `ufw`, `firewalld`
 * @example
 * isHookCommand('ufw', ['ufw', 'route', 'delete', 'allow', 'in', 'on', 'eth0', 'to', 'any']) // true
 * isHookCommand('ufw', ['ufw', 'disable']) // false
 * @public @since 0.1.0
 */
export const isHookCommand = (name: string, words: Words): boolean => {
  switch (name) {
    case 'DOCKER-USER':
      return isDockerUser(words)
    case 'ufw':
      return isUfw(words)
    case 'firewalld':
      return isFirewalld(words)
    default:
      return false
  }
}

/** An interface's name (net/core/dev.c `dev_valid_name`); a leading dash would make it an option. */
const link = /^(?!-)[^\s/:\p{Cc}]{1,15}$/u
const address = /^[0-9a-f.:]{2,45}(\/\d{1,3})?$/
const port = /^\d{1,5}$/
const protocol = /^(tcp|udp|sctp|\d{1,3})$/

const exactly = (text: string): RegExp => new RegExp(`^${text}$`)

const iptablesOptions: Readonly<Record<string, RegExp>> = {
  '-i': link,
  '-o': link,
  '-s': address,
  '-d': address,
  '-p': protocol,
  '--sport': port,
  '--dport': port,
}

/** Words that come as they are, each group at most once, in place of an option with its value. */
const iptablesGroups: readonly Words[] = [
  ['-m', 'addrtype', '--dst-type', 'LOCAL'],
  ['-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED'],
]

const isDockerUser = ([program = '', ...words]: Words): boolean => {
  if (!/^ip6?tables-(nft|legacy)$/.test(program)) return false
  const rest = after(words, [exactly('-t'), exactly('(filter|mangle|raw|security)')])
  const matches =
    after(rest, [exactly('-I'), exactly('DOCKER-USER'), exactly('1')]) ??
    after(rest, [exactly('-D'), exactly('DOCKER-USER')])
  if (matches === null || matches.at(-2) !== '-j' || matches.at(-1) !== 'ACCEPT') return false
  return arePairs(matches.slice(0, -2), iptablesOptions, iptablesGroups)
}

const ufwOptions: Readonly<Record<string, RegExp>> = {
  proto: /^(tcp|udp)$/,
  from: address,
  to: new RegExp(`^any$|${address.source}`),
  port,
}

/** `in on LINK`, `out on LINK`: the first two words are one option. */
const isUfw = (words: Words): boolean => {
  const rest = after(words, [/^ufw$/, /^route$/, /^(prepend|delete)$/, /^allow$/])
  if (rest === null) return false
  const onLink = rest[0] === 'in' || rest[0] === 'out' ? after(rest, [/^(in|out)$/, /^on$/, link]) : rest
  const onBoth = onLink?.[0] === 'out' ? after(onLink, [/^out$/, /^on$/, link]) : onLink
  return onBoth !== null && onBoth !== undefined && arePairs(onBoth, ufwOptions, [])
}

/** A bridge's name, or `to-` and one. */
const zone = '[^\\s/:]{1,18}'

/** Those of today, and at the end those that the first versions left behind. */
const firewalldCommands: readonly RegExp[] = [
  `--new-zone=${zone}`,
  `--zone=${zone} --set-target=ACCEPT`,
  `--zone=${zone} --add-interface=${zone}`,
  `--new-policy=to-${zone}`,
  `--policy=to-${zone} --add-ingress-zone=ANY`,
  `--policy=to-${zone} --add-egress-zone=${zone}`,
  `--policy=to-${zone} --set-target=ACCEPT`,
  `--delete-policy=${zone}`,
  `--delete-zone=${zone}`,
  `--zone=trusted --remove-interface=${zone}`,
].map((words) => exactly(`--permanent ${words}`))

const isFirewalld = ([program, ...words]: Words): boolean => {
  if (program !== 'firewall-cmd' || words.some((word) => /\s/.test(word))) return false
  const line = words.join(' ')
  return line === '--reload' || firewalldCommands.some((form) => form.test(line))
}

/** What comes after words of such forms; null when the words are others. */
const after = (words: Words | null, forms: readonly RegExp[]): Words | null =>
  words !== null && forms.every((form, at) => form.test(words[at] ?? '')) ? words.slice(forms.length) : null

/** Options with one value each, and groups of words, each at most once. */
const arePairs = (
  words: Words,
  options: Readonly<Record<string, RegExp>>,
  groups: readonly Words[],
): boolean => {
  const seen = new Set<string>()
  let at = 0
  while (at < words.length) {
    const group = groups.find((one) => one.every((word, index) => words[at + index] === word))
    const key = group?.join(' ') ?? words[at] ?? ''
    const isKnown =
      group !== undefined || (Object.hasOwn(options, key) && options[key]?.test(words[at + 1] ?? ''))
    if (!isKnown || seen.has(key)) return false
    seen.add(key)
    at += group?.length ?? 2
  }
  return true
}
