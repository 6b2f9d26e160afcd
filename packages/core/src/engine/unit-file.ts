/** One `Key=value` of a unit file. */
export interface UnitSetting {
  readonly key: string
  readonly value: string
}

/** A `[Section]`; a file may have several of one name. */
export interface UnitSection {
  readonly name: string
  readonly settings: readonly UnitSetting[]
}

/**
 * Reads systemd's file syntax: sections, settings, comments at the beginning of a line, and lines continued after a
 * backslash (systemd.syntax(7)).
 */
export const readUnitFile = (text: string): readonly UnitSection[] => {
  const sections: { name: string; settings: UnitSetting[] }[] = []
  let continued = ''
  for (const line of text.split(/\r?\n/)) {
    // Comments may stand between the parts of one setting.
    if (/^\s*[#;]/.test(line)) continue
    if (line.endsWith('\\')) {
      continued += `${line.slice(0, -1)} `
      continue
    }
    const whole = `${continued}${line}`.trim()
    continued = ''
    const [, name] = /^\[(.*)\]$/.exec(whole) ?? []
    const equals = whole.indexOf('=')
    if (name !== undefined) sections.push({ name, settings: [] })
    else if (equals > 0)
      sections
        .at(-1)
        ?.settings.push({ key: whole.slice(0, equals).trim(), value: whole.slice(equals + 1).trim() })
  }
  return sections
}
