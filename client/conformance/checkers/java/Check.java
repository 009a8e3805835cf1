import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.jsonwebtoken.Claims;
import io.jsonwebtoken.JwtException;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Jwk;
import io.jsonwebtoken.security.Jwks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.text.Normalizer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Answers the vectors of a file; see ../../README.md for the rules. */
public class Check {
  static final long CLOCK_TOLERANCE = 600;
  static final Gson GSON = new GsonBuilder().serializeNulls().create();

  record Given(
      String lease, JsonObject keys, String issuer, String product, String client_id, String nonce,
      long now, long mark, List<String> entitlements, String released_at) {}

  record Vector(Given given) {}

  record License(
      String status, String code, String product, String client_id, List<String> entitlements, String expires_at) {}

  record Answer(boolean allowed, String code, Long until) {}

  /** The claims, whatever the time. Throws for what is no lease. */
  static Claims verified(Given given) {
    Map<String, Key> keys = new HashMap<>();
    if (given.keys().getAsJsonArray("keys").isEmpty()) throw new JwtException("no keys");
    for (Jwk<?> key : Jwks.setParser().build().parse(given.keys().toString())) keys.put(key.getId(), key.toKey());
    var jws = Jwts.parser()
        .keyLocator(header -> keys.get((String) header.get("kid")))
        .requireIssuer(given.issuer()).requireAudience("license-system:client")
        .clockSkewSeconds(1L << 32).build().parseSignedClaims(given.lease());
    Claims claims = jws.getPayload();
    boolean whole = claims.getIssuedAt() != null && claims.getExpiration() != null;
    if (!whole || !"lease+jwt".equals(jws.getHeader().getType()) || !"EdDSA".equals(jws.getHeader().getAlgorithm()))
      throw new JwtException("another kind of token");
    return claims;
  }

  static String codeOf(Given given, Claims claims, License license) {
    if (!"valid".equals(license.status())) return "lease_invalid";
    if (!nfc(given.client_id()).equals(nfc(license.client_id()))) return "CLIENT_MISMATCH";
    if (!given.product().equals(license.product())) return "PRODUCT_MISMATCH";
    if (given.nonce() == null) {
      long seen = Math.max(given.mark(), claims.getIssuedAt().getTime() / 1000);
      if (given.now() < seen - CLOCK_TOLERANCE) return "clock_set_back";
      if (given.now() >= claims.getExpiration().getTime() / 1000) return "lease_expired";
    } else if (!given.nonce().equals(claims.get("nonce"))) return "lease_invalid";
    if (!license.entitlements().containsAll(given.entitlements())) return "ENTITLEMENTS_MISSING";
    boolean dated = given.released_at() != null && license.expires_at() != null;
    if (dated && !Instant.parse(given.released_at()).isBefore(Instant.parse(license.expires_at())))
      return "release_not_covered";
    return license.code();
  }

  static String nfc(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFC);
  }

  static Answer answer(Given given) {
    try {
      Claims claims = verified(given);
      License license = GSON.fromJson(GSON.toJson(claims.get("license")), License.class);
      String code = codeOf(given, claims, license);
      boolean allowed = code.equals(license.code());
      return new Answer(allowed, code, allowed ? claims.getExpiration().getTime() / 1000 : null);
    } catch (JwtException | IllegalArgumentException invalid) {
      return new Answer(false, "lease_invalid", null);
    }
  }

  public static void main(String[] args) throws Exception {
    List<Answer> answers = new ArrayList<>();
    for (Vector vector : GSON.fromJson(Files.readString(Path.of(args[0])), Vector[].class))
      answers.add(answer(vector.given()));
    System.out.println(GSON.toJson(answers));
  }
}
