# Values of R's lme4, lmerTest, ordinal and psych that the statistics are held against.
#   Debian: apt install r-base-core r-cran-lme4 r-cran-lmertest r-cran-ordinal r-cran-psych r-cran-jsonlite
#   Rscript tools/make_r_goldens.R tests/analysis/r_goldens.json
# The data are drawn here, with known effects, and travel in the JSON, so that the tests need no R.
suppressMessages({library(lme4); library(lmerTest); library(ordinal); library(jsonlite)})
set.seed(20250801)

# `people` each see `items` of a pool, every item answered by one or all of `systems`.
study <- function(people, pool, per_person, systems, complete, sd_person, sd_item, sd_pair, effects, levels = 5) {
  person <- rnorm(people, 0, sd_person); item <- rnorm(pool, 0, sd_item)
  pair <- matrix(rnorm(people * systems, 0, sd_pair), people)
  rows <- do.call(rbind, lapply(seq_len(people), function(p) {
    seen <- sample(pool, per_person)
    if (complete) expand.grid(participant = p, item = seen, system = seq_len(systems))
    else data.frame(participant = p, item = seen, system = sample(rep(seq_len(systems), length.out = per_person)))
  }))
  rows$older <- as.integer(rows$participant %% 2 == 0)
  latent <- effects[rows$system] + person[rows$participant] + item[rows$item] + pair[cbind(rows$participant, rows$system)] +
    0.4 * rows$older * (rows$system == 2) + rlogis(nrow(rows))
  rows$value <- as.integer(cut(latent, c(-Inf, -2, -0.7, 0.7, 2, Inf)[c(1, 2:levels, 6)], labels = FALSE))
  rows
}

linear <- function(d, formula, contrast) {
  d[c("participant", "item", "system")] <- lapply(d[c("participant", "item", "system")], factor)
  fit <- lmerTest::lmer(formula, d, REML = TRUE, control = lmerControl(optCtrl = list(xtol_rel = 1e-10, ftol_abs = 1e-12)))
  s <- coef(summary(fit)); v <- as.data.frame(VarCorr(fit))
  sds <- setNames(v$sdcor, v$grp)
  a <- anova(fit, ddf = "Satterthwaite")
  list(names = rownames(s), estimate = s[, "Estimate"], se = s[, "Std. Error"], df = s[, "df"], p = s[, "Pr(>|t|)"], sd = as.list(sds),
       criterion = as.numeric(-2 * logLik(fit, REML = TRUE)), terms = rownames(a), f = a[["F value"]], df1 = a$NumDF, df2 = a$DenDF, p_f = a[["Pr(>F)"]])
}

cumulative <- function(d, formula) {
  d[c("participant", "item", "system")] <- lapply(d[c("participant", "item", "system")], factor)
  d$value <- factor(d$value, ordered = TRUE)
  fit <- clmm(formula, d, control = clmm.control(gradTol = 1e-6, maxIter = 200), Hess = TRUE)
  s <- coef(summary(fit))
  list(names = rownames(s), estimate = s[, "Estimate"], se = s[, "Std. Error"], loglik = as.numeric(fit$logLik),
       sd = lapply(VarCorr(fit), function(v) as.numeric(sqrt(v[1, 1]))), thresholds = length(fit$alpha))
}

complete <- study(20, 12, 4, 3, TRUE, 0.8, 0.6, 0.5, c(0, 0.7, 0.3))
incomplete <- study(60, 40, 12, 4, FALSE, 1.0, 0.7, 0.0, c(0, 0.5, -0.4, 1.0))
none <- study(24, 20, 10, 2, FALSE, 0.7, 0.0, 0.0, c(0, 0.2)) # no item effect: a variance at its bound
likings <- study(25, 10, 6, 3, TRUE, 0.6, 0.4, 1.2, c(0, 0.4, 0.2)) # people like systems in ways of their own
column <- function(d) as.list(d)
sf <- matrix(c(9,2,5,8, 6,1,3,2, 8,4,6,8, 7,1,2,6, 10,5,6,9, 6,2,4,7), ncol = 4, byrow = TRUE) # Shrout & Fleiss 1979, table 2
icc <- suppressMessages(psych::ICC(sf, lmer = FALSE))$results

out <- list(
  made_with = list(R = R.version.string, lme4 = as.character(packageVersion("lme4")), lmerTest = as.character(packageVersion("lmerTest")),
                   ordinal = as.character(packageVersion("ordinal")), psych = as.character(packageVersion("psych"))),
  complete = list(data = column(complete), linear = linear(complete, value ~ system + (1 | participant) + (1 | item)),
    pairs = linear(complete, value ~ system + (1 | participant) + (1 | item) + (1 | participant:system)),
    cumulative = cumulative(complete, value ~ system + (1 | participant) + (1 | item))),
  incomplete = list(data = column(incomplete), linear = linear(incomplete, value ~ system + (1 | participant) + (1 | item)),
    interaction = linear(incomplete, value ~ system * older + (1 | participant) + (1 | item)),
    cumulative = cumulative(incomplete, value ~ system + (1 | participant) + (1 | item)),
    interaction_cumulative = cumulative(incomplete, value ~ system * older + (1 | participant) + (1 | item))),
  none = list(data = column(none), linear = linear(none, value ~ system + (1 | participant) + (1 | item))),
  likings = list(data = column(likings),
    linear = linear(likings, value ~ system + (1 | participant) + (1 | item) + (1 | participant:system)),
    cumulative = cumulative(likings, value ~ system + (1 | participant) + (1 | item) + (1 | participant:system))),
  icc = list(type = icc$type, icc = icc$ICC, f = icc$F, p = icc$p, low = icc[["lower bound"]], high = icc[["upper bound"]])
)
write(toJSON(out, auto_unbox = TRUE, digits = 10), commandArgs(TRUE)[1])
