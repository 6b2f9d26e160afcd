import type {
  Before,
  ExpectedConflict,
  ExpectedFailure,
  ForeignContainer,
  ForeignFlow,
  ForeignService,
  OldFlow,
} from './scenario.ts'

const match = (line: string, form: RegExp, example: string): Readonly<Record<string, string | undefined>> => {
  const groups = form.exec(line)?.groups
  if (groups === undefined) throw new Error(`${JSON.stringify(line)} is not like ${JSON.stringify(example)}`)
  return groups
}

const protocolOf = (text: string | undefined): ForeignService['protocol'] =>
  text === 'udp' || text === 'sctp' ? text : 'tcp'

const severities = ['error', 'warning', 'info']

/** `error [possible] KIND SUBJECT [by TOOL TABLE CHAIN POSITION] [of OWNER]` */
export const readExpectedConflict = (line: string): ExpectedConflict => {
  const groups = match(
    line,
    /^(?<severity>\w+)(?<possible> possible)? (?<kind>[A-Z]\w+) (?<subject>\S+)(?: by (?<culprit>.+?))?(?: of (?<owner>\S+))?$/,
    'error ForwardDropped *:8080/tcp by iptables-nft filter FORWARD policy of docker',
  )
  const { severity = '', kind = '', subject = '' } = groups
  if (!severities.includes(severity)) throw new Error(`not a severity: ${line}`)
  return {
    line,
    severity,
    certainty: groups.possible === undefined ? 'certain' : 'possible',
    kind,
    subject:
      subject === '-'
        ? { kind: 'host' }
        : subject.startsWith('network:')
          ? { kind: 'network', name: subject.slice('network:'.length) }
          : { kind: 'mapping', label: subject },
    culprit: groups.culprit?.split(' ') ?? [],
    owner: groups.owner ?? null,
  }
}

/** `machine ip tcp` or `machine ip tcp: still` */
export const readExpectedFailure = (line: string): ExpectedFailure => {
  const groups = match(line, /^(?<words>[^:]\S*( \S+?)*?)(?<still>: still)?$/, 'machine ip tcp: still')
  return {
    words: (groups.words ?? '').split(' '),
    afterRemedies: groups.still === undefined ? 'mended' : 'still',
  }
}

/** `client to 192.0.2.2:9443/tcp is answered by dock[, then lost]` */
export const readForeignFlow = (line: string): ForeignFlow => {
  const groups = match(
    line,
    /^(?<from>\S+) to (?:\[(?<six>[^\]]+)\]|(?<four>[\d.]+)):(?<port>\d+)\/(?<protocol>tcp|udp) is answered by (?<by>\S+?)(?<lost>, then lost)?$/,
    'client to 192.0.2.2:9443/tcp is answered by dock',
  )
  return {
    from: groups.from ?? '',
    destination: groups.six ?? groups.four ?? '',
    port: Number(groups.port),
    protocol: protocolOf(groups.protocol),
    by: groups.by ?? '',
    isLost: groups.lost !== undefined,
  }
}

/** `client:12000 to 192.0.2.2:8080/udp is answered by dock[, then by nginx[ once deleted]]` */
export const readOldFlow = (line: string): OldFlow => {
  const groups = match(
    line,
    /^(?<from>\w+):(?<sourcePort>\d+) to (?:\[(?<six>[^\]]+)\]|(?<four>[\d.]+)):(?<port>\d+)\/(?<protocol>tcp|udp) is answered by (?<by>\w+)(?:, then by (?<then>\w+)(?<deleted> once deleted)?)?$/,
    'client:12000 to 192.0.2.2:8080/udp is answered by dock, then by nginx once deleted',
  )
  return {
    line,
    from: groups.from ?? '',
    sourcePort: Number(groups.sourcePort),
    destination: groups.six ?? groups.four ?? '',
    port: Number(groups.port),
    protocol: protocolOf(groups.protocol),
    by: groups.by ?? '',
    atLast: groups.then ?? groups.by ?? '',
    needsDeletion: groups.deleted !== undefined,
  }
}

const readService = (text: string, answersAs: string): ForeignService => {
  const groups = match(text.trim(), /^(?<protocol>tcp|udp|sctp) (?<port>\d+)$/, 'tcp 80')
  return { protocol: protocolOf(groups.protocol), port: Number(groups.port), answersAs }
}

/** `sshd on tcp 22` or `resolver on udp 53 at 127.0.0.53` */
export const readListener = (line: string): Before => {
  const groups = match(
    line,
    /^(?<name>\S+) on (?<service>\w+ \d+)(?: at (?<address>\S+))?$/,
    'sshd on tcp 22 at 127.0.0.1',
  )
  return {
    kind: 'listener',
    service: readService(groups.service ?? '', groups.name ?? ''),
    address: groups.address ?? null,
  }
}

/** `dock on docker0 has 172.29.0.2/16 via 172.29.0.1, tcp 443, udp 53` */
export const readContainer = (line: string): ForeignContainer => {
  const groups = match(
    line,
    /^(?<name>\S+) on (?<bridge>\S+) has (?<address>\S+) via (?<gateway>[^\s,]+)(?<services>(, \w+ \d+)*)$/,
    'dock on docker0 has 172.29.0.2/16 via 172.29.0.1, tcp 443',
  )
  const { name = '', bridge = '', address = '', gateway = '', services = '' } = groups
  return {
    name,
    bridge,
    address,
    gateway,
    services: services
      .split(',')
      .slice(1)
      .map((text) => readService(text, name)),
  }
}
