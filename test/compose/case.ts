/** A small project that both programs get. */
export interface Case {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  /** Options that both programs have: -f, -p, --profile, --env-file, --project-directory. */
  readonly words?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** The folder where the program is started. It is below the project's folder, `shop`. */
  readonly folder?: string
}

/** A case with a single `compose.yaml`. */
export const one = (name: string, text: string, more: Partial<Case> = {}): Case => ({
  name,
  ...more,
  files: { 'compose.yaml': text, ...more.files },
})

/** A Compose file with a service `web` that has these keys, in YAML's flow style. */
export const web = (lines: string): string => `services: {web: {image: x, ${lines}}}\n`
