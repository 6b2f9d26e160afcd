import type { Packet } from '@portolan/netfilter'
import type { Destination, ReportQuestions, Sender, Situation } from '../questions.ts'
import type { Mistake, Question } from './read-question.ts'

/** The form of the page. */
export interface Form {
  readonly question: () => Question
  readonly situation: () => Situation
  /** Writes a packet into the fields. */
  readonly fill: (packet: Packet) => void
  /** Shows a mistake, and puts the cursor into its field; null: there is no mistake. */
  readonly tell: (mistake: Mistake | null) => void
}

const byId = <Kind extends Element>(id: string, kind: new () => Kind): Kind => {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`The page has no #${id}.`)
  return found
}

/** Finds the form in the page, shows it, and updates the fields that depend on others. */
export const openForm = ({ senders, destinations, situations }: ReportQuestions, ask: () => void): Form => {
  const form = byId('ask', HTMLFormElement)
  const [sender, target, entry, protocol] = ['sender', 'target', 'entry', 'protocol'].map((id) =>
    byId(id, HTMLSelectElement),
  ) as [HTMLSelectElement, HTMLSelectElement, HTMLSelectElement, HTMLSelectElement]
  const fields = {
    source: byId('source', HTMLInputElement),
    'source-port': byId('source-port', HTMLInputElement),
    destination: byId('destination', HTMLInputElement),
    'destination-port': byId('destination-port', HTMLInputElement),
  }
  const marked = { ...fields, entry }
  const chosen = (): Sender | undefined => (sender.value === '' ? undefined : senders[Number(sender.value)])
  const mapping = (): Destination | undefined =>
    target.value === '' ? undefined : destinations[Number(target.value)]

  const showSender = (): void => {
    const one = chosen()
    const isByHost = one?.kind === 'host'
    fields.source.disabled = isByHost
    fields['source-port'].disabled = isByHost
    entry.disabled = isByHost
    if (one === undefined) return
    const isIp6 = fields.destination.value.includes(':')
    fields.source.value = (isIp6 ? one.ip6 : one.ip) ?? ''
    if (isByHost) fields['source-port'].value = ''
    entry.value = one.in ?? ''
    if (entry.selectedIndex === -1) entry.value = ''
  }
  const showTarget = (): void => {
    const one = mapping()
    if (one !== undefined) {
      fields.destination.value = one.address ?? ''
      fields['destination-port'].value = String(one.port)
      protocol.value = one.protocol
    }
    showProtocol()
    showSender()
  }
  const showProtocol = (): void => {
    fields['destination-port'].disabled = protocol.value.startsWith('icmp')
  }

  sender.addEventListener('change', showSender)
  target.addEventListener('change', showTarget)
  protocol.addEventListener('change', showProtocol)
  for (const field of [fields.source, entry])
    field.addEventListener('input', () => anyOther(sender, chosen()))
  for (const field of [fields.destination, fields['destination-port'], protocol])
    field.addEventListener('input', () => {
      target.value = ''
      // The sender uses an address of the destination's family.
      showSender()
    })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    ask()
  })
  showTarget()
  form.hidden = false

  return {
    question: () => ({
      isByHost: chosen()?.kind === 'host',
      source: fields.source.value,
      sourcePort: fields['source-port'].value,
      entry: entry.value,
      destination: fields.destination.value,
      destinationPort: fields['destination-port'].value,
      protocol: protocol.value,
    }),
    situation: () => {
      const place = form.querySelector<HTMLInputElement>('input[name=situation]:checked')?.value
      const [first] = situations
      const found = situations[Number(place ?? 0)] ?? first
      if (found === undefined) throw new Error('The report has no rules.')
      return found
    },
    fill: (packet) => {
      // Conflicts are about the host as the plan leaves it, which is the first situation.
      const first = form.querySelector<HTMLInputElement>('input[name=situation]')
      if (first !== null) first.checked = true
      const host = senders.findIndex(({ kind }) => kind === 'host')
      sender.value = packet.in == null ? String(host) : ''
      target.value = ''
      fields.destination.value = packet.destination
      fields['destination-port'].value = String(packet.destinationPort ?? '')
      protocol.value = String(packet.protocol)
      showProtocol()
      showSender()
      if (packet.in == null) return
      fields.source.value = packet.source ?? ''
      fields['source-port'].value = String(packet.sourcePort ?? '')
      entry.value = packet.in
    },
    tell: (mistake) => {
      byId('mistake', HTMLElement).textContent = mistake?.message ?? ''
      for (const [name, field] of Object.entries(marked))
        if (name === mistake?.field) field.setAttribute('aria-invalid', 'true')
        else field.removeAttribute('aria-invalid')
      if (mistake !== null) marked[mistake.field].focus()
    },
  }
}

/** Deselects the sender, because an address that is typed by hand is no longer the sender's. */
const anyOther = (sender: HTMLSelectElement, chosen: Sender | undefined): void => {
  if (chosen !== undefined && chosen.kind !== 'host') sender.value = ''
}
