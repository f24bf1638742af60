/** A record without the fields that are undefined: what was not said is not said further on either. */
type Given<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

export const given = <Fields extends object>(fields: Fields): Given<Fields> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<Fields>
