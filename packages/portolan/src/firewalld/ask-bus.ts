import type { BusConnection } from './bus/bus-connection.ts'
import type { Call } from './bus/bus-message.ts'
import { BusError, type Variant } from './bus/bus-value.ts'

type Texts = readonly string[]

/** The types of firewalld's answers, by their signature (D-Bus specification, "Type system"). */
interface Answers {
  readonly s: string
  readonly as: Texts
  readonly ao: Texts
  readonly 'a{sv}': Readonly<Record<string, Variant>>
  readonly 'a(sssias)': readonly DirectRule[]
  readonly 'a(sas)': readonly Passthrough[]
}

export type DirectRule = readonly [
  family: string,
  table: string,
  chain: string,
  priority: number,
  words: Texts,
]
export type Passthrough = readonly [family: string, words: Texts]

/** A question for firewalld. */
export interface Question<Signature extends keyof Answers = keyof Answers> {
  readonly signature: Signature
  readonly call: Omit<Call, 'destination'>
}

/**
 * The most questions at once. The system bus limits the replies for which a client may wait (dbus-daemon(1),
 * max_replies_per_connection).
 */
const atOnce = 64

/**
 * Asks firewalld over D-Bus.
 *
 * @throws BusError when a question has no answer, or one of another type. Then firewalld does not run, access is
 * denied, or an object has gone meanwhile.
 */
export const askBus = async <const Asked extends readonly Question[]>(
  bus: BusConnection,
  questions: Asked,
): Promise<{ readonly [At in keyof Asked]: Answers[Asked[At]['signature']] }> => {
  const answers: unknown[] = []
  for (let at = 0; at < questions.length; at += atOnce)
    answers.push(
      ...(await Promise.all(questions.slice(at, at + atOnce).map((question) => answerTo(bus, question)))),
    )
  return answers as { readonly [At in keyof Asked]: Answers[Asked[At]['signature']] }
}

const answerTo = async (bus: BusConnection, { signature, call }: Question): Promise<unknown> => {
  const answer = await bus.call({ ...call, destination: 'org.fedoraproject.FirewallD1' })
  const [value] = answer.values
  // A property comes in a variant, with its type.
  const { type, data } =
    answer.signature === 'v' ? (value as Variant) : { type: answer.signature, data: value }
  if (type !== signature) throw new BusError(`${signature} was expected, not ${type}`)
  return data
}
