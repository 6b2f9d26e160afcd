type Words = readonly string[]

/**
 * Whether a command may be part of a hook or its undo: a command that `remedy.hook` of a conflict can hold, and nothing
 * else. Stored commands are checked by this before they run as root.
 *
 * @param name - the hook: `DOCKER-USER`, `ufw`, `firewalld`
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

/** The name of an interface (net/core/dev.c `dev_valid_name`). A leading dash would make it an option. */
const link = /^(?!-)[^\s/:\p{Cc}]{1,15}$/u
const address = /^[0-9a-f.:]{2,45}(\/\d{1,3})?$/
const port = /^\d{1,5}$/
const protocol = /^(tcp|udp|sctp|icmpv6|\d{1,3})$/

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

/** Fixed groups of words in place of an option with its value. Each group may occur once. */
const iptablesGroups: readonly Words[] = [
  ['-m', 'addrtype', '--dst-type', 'LOCAL'],
  ['-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED'],
  ['-m', 'conntrack', '--ctstate', 'DNAT'],
]

const isDockerUser = ([program = '', ...words]: Words): boolean => {
  if (!/^ip6?tables-(nft|legacy)$/.test(program)) return false
  const rest = after(words, [exactly('-t'), exactly('(filter|mangle|raw|security)')])
  const matches =
    after(rest, [exactly('-I'), exactly('DOCKER-USER'), /^[1-9]\d{0,5}$/]) ??
    after(rest, [exactly('-A'), exactly('DOCKER-USER')]) ??
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

/** Checks a command of ufw. `in on LINK` and `out on LINK`: the first two words are one option. */
const isUfw = (words: Words): boolean => {
  // The first versions of Portolan put their rule in front of all others.
  const rest =
    after(words, [/^ufw$/, /^route$/, /^allow$/]) ??
    after(words, [/^ufw$/, /^route$/, /^(prepend|delete)$/, /^allow$/])
  if (rest === null) return false
  const onLink = rest[0] === 'in' || rest[0] === 'out' ? after(rest, [/^(in|out)$/, /^on$/, link]) : rest
  const onBoth = onLink?.[0] === 'out' ? after(onLink, [/^out$/, /^on$/, link]) : onLink
  return onBoth !== null && onBoth !== undefined && arePairs(onBoth, ufwOptions, [])
}

/** The name of a zone, a policy or an interface. */
const named = '[^\\s/:]{1,18}'
const policy = 'p(l\\d?|\\d)-[A-Za-z0-9_-]{1,15}'

/** A rich rule of Portolan matches at least one address (firewalld.richlanguage(5)). */
const richRule =
  'rule family="ipv[46]"(?= (source|destination) )( source address="[0-9a-f.:/]+")?( destination address="[0-9a-f.:/]+")?' +
  '( port port="\\d{1,5}" protocol="(tcp|udp|sctp)")? (accept|reject)'

/** The commands of today, and at the end those of the first versions. */
const firewalldCommands: readonly RegExp[] = [
  `--permanent --new-policy=${policy}`,
  `--permanent --policy=${policy} --set-description=Portolan`,
  `--permanent --policy=${policy} --set-priority=[23]\\d{4}`,
  `--permanent --policy=${policy} --add-(ingress-zone=${named}|egress-zone=ANY)`,
  `(--permanent )?--policy=${policy} --add-rich-rule=${richRule}`,
  `--permanent --zone=${named} --(add|remove)-interface=${named}`,
  `--permanent --delete-policy=${policy}`,
  '--reload',
  `--permanent --new-zone=${named}`,
  `--permanent --zone=${named} --set-target=ACCEPT`,
  `--permanent --new-policy=to-${named}`,
  `--permanent --policy=to-${named} --add-ingress-zone=ANY`,
  `--permanent --policy=to-${named} --add-egress-zone=${named}`,
  `--permanent --policy=to-${named} --set-target=ACCEPT`,
  `--permanent --delete-policy=${named}`,
  `--permanent --delete-zone=${named}`,
].map(exactly)

const isFirewalld = ([program, ...words]: Words): boolean => {
  if (program !== 'firewall-cmd') return false
  // Only a rich rule has spaces: one word must not be read as several.
  if (words.some((word) => /\s/.test(word.replace(/^--add-rich-rule=[\w ="./:]*$/, '')))) return false
  const line = words.join(' ')
  return firewalldCommands.some((form) => form.test(line))
}

/** The words after a beginning that matches these forms; null: the beginning does not match. */
const after = (words: Words | null, forms: readonly RegExp[]): Words | null =>
  words !== null && forms.every((form, at) => form.test(words[at] ?? '')) ? words.slice(forms.length) : null

/** Whether words are options with one value each, and groups of words, each at most once. */
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
